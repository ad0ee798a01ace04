"""The rules of the trade: pure functions and tables, the standard library only."""
