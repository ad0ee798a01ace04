"""What one request of a contributor may cost, whatever it holds within the limits. The one place of these figures.

Limits of lengths and lists elsewhere are chosen so that this holds; `python -m torture budget` measures it.
"""

SECONDS = 2.0  # of processor time, the database's for this request included
MEMORY = 200 * 1024 * 1024  # bytes beside what the process held before
OTHERS_WAIT = 1.0  # seconds that a small write of somebody else may take meanwhile
# A redaction takes words out of every claim that shows them. It is an admin's, and rare: it may cost more with each
# claim. Others do not wait for all of it.
REDACTED_CLAIM = 0.02  # seconds for each claim of the desk

# How much of one claim there may be. Whatever is written about a claim renders its JSON and works out its findings
# again, from all that belongs to it and from all that relations connect it to.
RELATIONS = 200  # of one claim, in both directions
CONNECTED = 500  # claims that relations connect, however far
EVIDENCE = 200  # pieces of one claim, withdrawn ones too
OCCURRENCES = 100  # of one claim, withdrawn ones too
CLAIM = 256 * 1024  # bytes of one claim's JSON, 200 times the usual: a page has up to 200 claims
PAGE = 16 * 1024 * 1024  # bytes of the items of a page, beside its last item: a page that has more ends early
