"""What a browser plays of a recording, and its sound for one that plays nothing of it."""
