"""This machine: memory, cores, clock, checks and trials."""
