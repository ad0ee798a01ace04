"""What the scripts of pages say, by the keys that `say` of `desk.js` takes; it fills in the names in braces."""

from factcheck.messages import message
from factcheck.web.speaking.languages import said

_WORDS = {
    "reason": message("a reason of at least 10 characters ({count} so far)"),
    "missing": message("Still missing: {needs}."),
    "and": message("{first}, and {second}"),
    "unsent": message("You typed something in another form on this page and did not send it. It will be lost. Go on?"),
    "silent": message("The desk does not answer. What you wrote is still here: try again."),
    "wrong": message("Something went wrong."),
    "still": message("{problem} What you wrote is still here."),
    "add_quote": message("Add the selection as a quote"),
    "new_claim": message("New claim from the selection"),
    "people": message("People"),
    "other_site": message("The page was refused: it was sent from another site than its URL says."),
    "too_large": message("The page is too large: it has {size} bytes, and this desk takes {most}."),
    "filled": message("The page of {host} is filled in ({count} characters). Press the button to save it."),
    "no_search": message("This cannot be looked for now. Try again."),
    "no_answer": message("The desk does not answer. Try again."),
}


def script_words() -> dict[str, str]:
    return {key: said(text) for key, text in _WORDS.items()}
