"""Recordings to transcripts for requests that wait. No HTTP here."""
