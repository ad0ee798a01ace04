"""Followers: derived data that is kept true by reading the log from a position of its own."""
