"""Where model files are, how they get there, and whether they are whole. No torch."""
