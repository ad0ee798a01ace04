"""What people say of sources in the API: how they are related to each other."""
