"""A claim as one value, its rows and its JSON, and how it is entered and anchored."""
