"""The API of what readers see."""
