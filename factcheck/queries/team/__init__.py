"""What a team looks up about its own work."""
