"""Followers of what readers see."""
