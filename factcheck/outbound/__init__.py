"""Requests that the desk sends: to webhooks, to sentence models, and for pages that people capture."""
