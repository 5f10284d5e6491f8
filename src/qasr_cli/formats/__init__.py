"""Transcripts and cues to text, one small file a format. No I/O: `run` writes what these return."""
