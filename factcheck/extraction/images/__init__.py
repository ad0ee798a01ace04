"""Read an image: what it is, how large, and its perceptual hash, in a process of its own."""
