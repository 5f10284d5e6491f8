"""Recordings that are heard although nobody waits: jobs outlive their clients and this process."""
