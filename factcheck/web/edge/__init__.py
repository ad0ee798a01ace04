"""What a request passes before Flask and right behind it."""
