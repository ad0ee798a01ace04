"""The pages of captures, and of the articles that are taken from them."""
