"""What earlier runs left, read back: results, reports, subtitles."""
