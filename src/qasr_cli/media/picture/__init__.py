"""What is seen of a recording."""
