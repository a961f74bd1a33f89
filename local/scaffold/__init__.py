"""A new kind of target: a small one that works, to be made into one's own."""
