"""The archive of captures: files named by their SHA-256, in a folder or in a bucket."""
