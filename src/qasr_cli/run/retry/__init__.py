"""Another try of what failed: whether, when, and what waits for it."""
