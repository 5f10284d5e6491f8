"""A transcript to read: its paragraphs, and the formats of office programs."""
