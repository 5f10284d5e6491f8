"""Layers whose weights have 4 bits: for steps of few rows, which wait for weights to be read."""
