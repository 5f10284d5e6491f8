"""What any part of qasr may write with: whole files, JSON lines, locks. Knows no recording."""
