"""Files in and out: imports, exports, and the lines that they are made of."""
