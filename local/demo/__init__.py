"""`make demo`: real rotations, watched from outside."""
