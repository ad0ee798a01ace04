"""Long runs that try to break the desk, each with a control that must break."""
