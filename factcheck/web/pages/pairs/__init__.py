"""Pairs that people judge: claims that are likely the same, and sources that may be one."""
