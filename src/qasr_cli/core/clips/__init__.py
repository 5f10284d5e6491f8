"""One clip: what the recogniser is told about it, signs of a bad result, and its repair."""
