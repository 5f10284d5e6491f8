"""A recording to a copy of it that carries its subtitles as a track."""
