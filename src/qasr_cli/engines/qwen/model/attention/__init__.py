"""Attention within whole sequences, and to answers in the making."""
