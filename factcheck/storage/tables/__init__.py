"""The tables, by noun. Nothing is deleted in them: things are withdrawn or merged and keep their rows."""
