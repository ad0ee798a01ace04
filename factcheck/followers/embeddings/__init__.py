"""An optional sentence model, which says how close two texts are in meaning."""
