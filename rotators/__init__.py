"""One file per kind of target: its driver and its handlers."""
