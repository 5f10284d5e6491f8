"""A text that exists: its lines, what of it is spoken, and in which clip."""
