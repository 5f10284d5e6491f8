"""Models that stay in memory, shared by everybody in turn. No HTTP here."""
