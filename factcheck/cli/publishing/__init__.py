"""Commands about what readers see."""
