"""One run over many files: feed, retry, commit, report. Knows no model and no terminal."""
