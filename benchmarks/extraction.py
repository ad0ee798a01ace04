"""`python -m benchmarks.extraction`: read the pages of the test outlets as a desk does, each in a process of its own.

Prints F1 by words, what is right, and the time and memory that it took. A word is a run of letters and digits; of Han,
Hiragana and Katakana each letter is one.
"""

import resource
import time

from factcheck.extraction.running import extract
from tests.outlet_pages import OUTLETS


def main() -> None:
    scores, right, slowest = [], {"title": 0, "date": 0, "language": 0}, 0.0
    for outlet in OUTLETS:
        before, began = _processor(), time.perf_counter()
        found = extract(outlet.body, outlet.media_type, outlet.url)
        spent, passed = _processor() - before, time.perf_counter() - began
        slowest = max(slowest, spent)
        scores.append(outlet.score(found.text))
        same = {
            "title": found.title == outlet.title,
            "date": found.published_on == outlet.published_on,
            "language": found.language == outlet.language,
        }
        right = {name: number + same[name] for name, number in right.items()}
        wrong = ", ".join(name for name, fine in same.items() if not fine)
        print(f"{outlet.name:26} {outlet.language}  F1 {scores[-1]:.3f}  {spent:5.2f} s of {passed:5.2f} s  {wrong}")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\n{len(scores)} pages in {len({each.language[:2] for each in OUTLETS})} languages")
    print(f"F1 by words: {sum(scores) / len(scores):.4f} on average, {min(scores):.3f} at least")
    print(f"right: {', '.join(f'{name} {number}' for name, number in right.items())}")
    print(f"at most {slowest:.2f} s of the processor, the start of the process included, and {most:.0f} MB")


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
