"""Google's Fact Check Tools API over this desk."""
