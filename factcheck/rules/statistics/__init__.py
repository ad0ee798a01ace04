"""What statistics count, in which week, and the figures that follow from counts."""
