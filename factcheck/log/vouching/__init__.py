"""Those who vouch for checkpoints: witnesses that cosign them, and time-stamp authorities."""
