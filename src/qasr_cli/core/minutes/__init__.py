"""Transcript to minutes: topics, tasks, keywords, a summary."""
