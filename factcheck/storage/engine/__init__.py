"""Connections and transactions on both databases."""
