"""Pages on what sources are to each other."""
