"""`make replay`: one event file, sent to the built function against the local system."""
