"""Where in a page the article is. Trafilatura knows the usual names of its element, and guesses without them."""

from collections import Counter
from itertools import islice
from typing import Any

import lxml.html

PARAGRAPHS = 2000  # that are looked at
MOST = 0.8  # of the letters of all paragraphs: an element with so many is the article, or has it


def remove_other_articles(tree: Any, title: str | None) -> None:
    """Remove what follows the article with this title: pages without an end load whole articles below their own."""
    headed = [(each, heading) for each in tree.iter("article") if (heading := each.find(".//h1")) is not None]
    titles = [" ".join(heading.text_content().split()) for _, heading in headed]
    if title not in titles:
        return
    own = titles.index(title)
    for each, _ in headed[own + 1 :]:
        if headed[own][0] not in each.iterancestors("article"):
            each.drop_tree()


def mark_body(tree: Any) -> None:
    """Name the element that has most paragraphs, if the page names no article.

    Of parts without a name that it knows, trafilatura takes the paragraphs, but not the lists and headings between.
    """
    if next(tree.iter("article"), None) is not None:
        return
    letters: Counter[Any] = Counter()
    total = 0
    for each in islice(tree.iter("p"), PARAGRAPHS):
        length = len(each.text_content())
        total += length
        letters.update(dict.fromkeys(each.iterancestors(), length))
    holding = [each for each, inside in letters.items() if inside >= MOST * total > 0]
    if not holding:
        return
    innermost = max(holding, key=lambda each: sum(1 for _ in each.iterancestors()))
    if innermost.tag == "html":
        return
    body = lxml.html.Element("div", itemprop="articleBody")
    body.text, innermost.text = innermost.text, None
    body.extend(list(innermost))
    innermost.append(body)
