"""The database. The only floor that knows there are two."""
