"""NVIDIA's Nemotron 3 Diarization: a recording's sound to who speaks when, up to eight at once."""
