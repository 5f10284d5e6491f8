"""Recordings whose text is known: it is only timed."""
