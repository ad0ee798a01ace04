"""What readers look up."""
