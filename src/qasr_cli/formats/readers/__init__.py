"""Subtitle files back to text and cues, right or wrong as they are. No I/O."""
