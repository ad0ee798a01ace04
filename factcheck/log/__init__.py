"""The log itself: entries, tree, keys, proofs, verification."""
