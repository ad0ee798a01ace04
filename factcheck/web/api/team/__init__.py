"""The team in the API: people, their tokens and their sessions."""
