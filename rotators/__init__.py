"""A package for each kind of target: its driver, and the handlers that the template names."""
