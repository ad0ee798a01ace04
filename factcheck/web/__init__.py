"""HTTP. The only floor that imports flask."""
