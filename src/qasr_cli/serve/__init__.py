"""`qasr serve`: models that stay in memory, for other programs."""
