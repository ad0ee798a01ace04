"""Mail of the desk to its people: what it says, and the process that sends what is due."""
