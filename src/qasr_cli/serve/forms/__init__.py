"""What is sent, taken in while it arrives: fields in memory, recordings in files."""
