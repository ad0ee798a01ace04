"""The team's pages: the list of people, and each person's page with their ways in."""
