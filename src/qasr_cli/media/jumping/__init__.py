"""Into the middle of a recording: to its sound as it stands there when all of it is decoded."""
