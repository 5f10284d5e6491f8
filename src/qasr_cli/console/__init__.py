"""What a person sees of a run. Everything goes to standard error; standard output is for results.

A terminal gets a live view, a plain terminal (TERM=dumb) one bar, a log one line a file, a machine
one JSON line a file. Observers never decide anything.
"""
