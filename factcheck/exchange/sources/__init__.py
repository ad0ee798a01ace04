"""Sources: which ones an import brings again, and which entities elsewhere they are."""
