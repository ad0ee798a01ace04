"""Reviews of media: MediaReview, in and out."""
