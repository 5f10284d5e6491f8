"""From what the user named to jobs: which inputs, and where their outputs go."""
