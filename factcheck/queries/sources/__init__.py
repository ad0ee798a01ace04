"""Sources as they are told apart: those of one name, and those that may be the same."""
