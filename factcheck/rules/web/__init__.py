"""What is on the web: addresses of pages, and what fetching one gave."""
