"""Answers token by token: which rows are in the making, and how their next tokens are made."""
