"""Transcripts and cues to text, one file a format. No I/O: callers write what these return."""
