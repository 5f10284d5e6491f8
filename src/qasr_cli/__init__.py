"""Subtitles for whole folders of recordings, made on the user's own machine."""

__version__ = "0.1.0"
