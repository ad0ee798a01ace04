"""Pages that find what somebody types: claims, sources, articles, and other pages."""
