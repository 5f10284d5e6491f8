"""Clips to timed words. The only package that speaks torch and transformers."""
