"""Pure functions on text, times and cues. Stdlib only; no file, clock, randomness, numpy, torch."""
