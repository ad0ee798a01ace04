"""Long runs that try to break the desk (`make torture`), each beside a control without the protection."""
