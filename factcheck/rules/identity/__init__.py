"""Which sources are one: what people judge, and what follows from it."""
