"""Redactions of what is in the archive: captures of pages, and images."""
