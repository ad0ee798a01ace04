"""Rules of what readers see: reports."""
