"""Words in the language of the reader: which one it is, the catalogues, and what is said by name."""
