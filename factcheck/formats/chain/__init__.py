"""The picture of an attribution chain."""
