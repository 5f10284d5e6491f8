"""Transcript to subtitles: where cues are cut, how lines break, when they stand, and lint."""
