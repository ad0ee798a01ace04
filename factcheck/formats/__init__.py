"""Other people's formats: pure functions from a claim's JSON and back."""
