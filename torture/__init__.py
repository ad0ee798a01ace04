"""`python -m torture NAME`: what must hold while everything goes wrong, each beside a run without the protection."""
