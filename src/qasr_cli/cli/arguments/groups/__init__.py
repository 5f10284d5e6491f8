"""The shared options by subject; each class declares its options and makes of them `Options`."""
