"""Redaction of an article's text, a source, a person, a relation's note: what it leaves has other words."""
