"""Schemas of what readers see."""
