"""A hand on a mouse, as a person has it: it reaches only what can be seen, and what it does is counted."""

from typing import Any

from playwright.sync_api import Locator, Page

# The box of words in the article, and whether they can be seen: inside the window, and nothing lies over them.
_PLACE = """words => {
    const text = document.getElementById("text");
    const at = text.textContent.indexOf(words);
    if (at < 0) return null;
    const range = document.createRange(), walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    let passed = 0;
    while (walk.nextNode()) {
        const length = walk.currentNode.length;
        if (at >= passed && at < passed + length) range.setStart(walk.currentNode, at - passed);
        if (at + words.length <= passed + length) { range.setEnd(walk.currentNode, at + words.length - passed); break; }
        passed += length;
    }
    const boxes = [...range.getClientRects()], first = boxes[0], last = boxes.at(-1);
    const seen = boxes.every(box => {
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        const there = document.elementFromPoint(x, y);
        return there !== null && text.contains(there);
    });
    return { from: [first.left, (first.top + first.bottom) / 2], to: [last.right, (last.top + last.bottom) / 2], seen };
}"""


class Hand:
    """Presses what lies in the window, without scrolling, and counts how often."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0

    def press(self, element: Locator) -> None:
        """Press an element where it can be seen; it must not lie outside of the window or under something else."""
        assert element.count() == 1, element
        box = element.bounding_box()
        size = self.page.viewport_size
        assert box is not None
        assert size is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert 0 <= x < size["width"], (box, size)
        assert 0 <= y < size["height"], (box, size)
        reached = element.evaluate("(element, [x, y]) => element.contains(document.elementFromPoint(x, y))", [x, y])
        assert reached, f"Something lies over {element}"
        self.page.mouse.click(x, y)
        self.actions += 1

    def select(self, words: str) -> None:
        """Select words of the article with one drag of the mouse."""
        found = passage(self.page, words)
        (left, top), (right, bottom) = found["from"], found["to"]
        self.page.mouse.move(left + 1, top)
        self.page.mouse.down()
        self.page.mouse.move((left + right) / 2, (top + bottom) / 2, steps=4)
        self.page.mouse.move(right, bottom, steps=4)
        self.page.mouse.up()
        self.actions += 1


def passage(page: Page, words: str) -> dict[str, Any]:
    """Return where words of the article are in the window, and whether they can be `seen`."""
    found: dict[str, Any] | None = page.evaluate(_PLACE, words)
    assert found is not None, f"The article does not have “{words}”."
    return found


def can_be_seen(page: Page, words: str) -> bool:
    return bool(passage(page, words)["seen"])


def focused(page: Page) -> str:
    """Return the name of the field in which typing goes on."""
    return str(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
