"""Judgments on sources: the same, different, or unsure."""
