"""The parts of the models, and how each is computed."""
