"""From a finished file to its outputs: transcript, output files, result with its mark."""
