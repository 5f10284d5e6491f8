"""How voices sound: clips to vectors, which lie close together where one person speaks."""
