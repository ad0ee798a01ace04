"""What the API takes and gives of the team: people, assignments, and the desk itself."""
