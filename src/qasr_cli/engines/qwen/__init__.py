"""Qwen3-ASR and Qwen3-ForcedAligner through the native classes of transformers."""
