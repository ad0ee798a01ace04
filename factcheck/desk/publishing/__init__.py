"""What readers see of the desk: rating scales."""
