"""What the desk knows of languages: the small words that give one away, and how it denies, counts and opposes."""
