"""Benches: what clients notice of rotations, measured on this machine."""
