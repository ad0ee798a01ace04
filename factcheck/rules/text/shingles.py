"""What of a text's words and letters is compared to tell how alike two statements are."""

LOOKED_AT = 1000  # code points of a text: beyond, it is no single statement
STEM = 5  # letters
RUN = 3  # letters


def stem(word: str) -> str:
    """Return what is compared of a folded word: its beginning; of a number, all of it."""
    return word if word[0].isdigit() else word[:STEM]


def runs(folded: str) -> set[str]:
    """Return the runs of letters of a text whose words are parted by single spaces."""
    padded = f" {folded} " if folded else ""
    return {padded[at : at + RUN] for at in range(len(padded) - RUN + 1)}
