"""What Python programs call; the commands call it, too. Nothing here prints or reads settings."""
