"""factcheck: a fact-checking desk that keeps claims, who said them, and how each verdict came to be."""

__version__ = "0.2.0"
