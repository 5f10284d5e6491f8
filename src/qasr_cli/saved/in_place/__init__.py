"""Transcripts and subtitles corrected where they stand: found, opened, saved, marked as reviewed.

Nothing is written before somebody saves; what they save goes where a batch would have written it.
"""
