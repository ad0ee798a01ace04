"""What the audit of attribution finds about claims."""
