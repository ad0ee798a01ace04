"""What a captured page says: its text, title, author, date, language and outlet, read in a process of its own."""
