"""Checkpoints of either layout into memory."""
