"""Long runs that try to break the desk: each prints what it did and what it found; see `make torture`."""
