"""The team in the API and in the browser: people, their tokens and their browsers."""
