"""What people look up about articles."""
