"""From folders to clips: discover, probe, decode, condition, split. No models of speech to text."""
