"""What options are, where their values come from, and how they become `Options`."""
