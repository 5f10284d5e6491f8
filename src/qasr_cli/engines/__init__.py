"""Engines: from clips to timed words. The only package that imports torch and transformers."""
