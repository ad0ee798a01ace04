"""Who calls, what they may, and what they see of a claim."""
