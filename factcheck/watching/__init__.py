"""Watching: fetch articles' pages again and again, politely, and add a snapshot where the text has changed."""
