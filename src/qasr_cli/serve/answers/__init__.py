"""Transcripts as other programs expect them, one module a contract. Pure."""
