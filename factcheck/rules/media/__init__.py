"""Pure rules on articles that are no written text, and on their media."""
