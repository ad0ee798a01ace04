"""Claims that say what a text says: what they are found by, their order, and what is so like that it is refused."""
