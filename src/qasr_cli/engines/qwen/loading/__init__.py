"""Loads checkpoints of either layout into memory."""
