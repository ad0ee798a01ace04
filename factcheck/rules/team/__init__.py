"""How a team shares its work: pure rules."""
