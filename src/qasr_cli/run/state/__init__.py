"""What a run keeps on the disk in `.qasr/`, so that the next one goes on with it."""
