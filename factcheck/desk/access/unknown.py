"""What the desk says of an id that nothing has, or nothing that the caller may see."""

from factcheck.messages import message

ARTICLE = message("No article has this id.")
CAPTURE = message("No capture has this id.")
CLAIM = message("No claim has this id.")
COMMENT = message("No comment has this id.")
CORRECTION_REQUEST = message("No request for a correction has this id.")
FEED = message("No feed has this id.")
IMAGE = message("No image has this id.")
INBOX_ITEM = message("No item has this id.")
PERSON = message("Nobody has this id.")
RATING_SCALE = message("No rating scale has this id.")
SITE_PAGE = message("This site has no such page.")
REPORT = message("No report has this id.")
REPORT_VERSION = message("The report has no such version.")
SNAPSHOT = message("The article has no such snapshot.")
SOURCE = message("No source has this id.")
