"""Webhooks follow the log: each entry becomes a message for those who subscribe."""
