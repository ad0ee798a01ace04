"""What the public site says to programs: feeds, site maps, and how its pages can be embedded."""
