"""What readers see of the desk: rating scales, reports, and what is published of claims."""
