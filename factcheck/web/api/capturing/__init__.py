"""The JSON door of what comes from the web: captures, feeds and the inbox."""
