"""Pages about what readers see: rating scales."""
