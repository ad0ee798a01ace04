"""Dumps of what the public site publishes: what is in them, how one is made, and the process that makes them."""
