"""Captures: a page that somebody had the desk fetch, its bytes in the archive, and what was extracted from it."""
