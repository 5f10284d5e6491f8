"""What of a live session is kept on the disk: finals as they come, and the whole at the end."""
