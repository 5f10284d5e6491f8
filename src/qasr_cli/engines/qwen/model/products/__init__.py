"""Linear layers in the number format of the placement: which kernel multiplies with what."""
