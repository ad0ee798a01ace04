"""What a text is made of: words, sentences, quotes in it, and how alike two are."""
