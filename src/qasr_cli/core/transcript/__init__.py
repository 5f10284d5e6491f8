"""Clips to a transcript, and what is done to one: corrections, channels, coverage, JSON shapes."""
