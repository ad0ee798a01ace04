"""Compare what the desk holds with what the log says."""
