"""Who says which sentence of a transcript: from turns of voices, and under which names."""
