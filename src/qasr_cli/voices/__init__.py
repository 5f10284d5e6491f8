"""Which vectors are of one voice: in a recording, over a folder, among voices that are known."""
