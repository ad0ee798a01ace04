"""The work of a fact-checking desk: one module per noun, one function per action."""
