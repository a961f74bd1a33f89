"""Secrets that other functions rotate, moved to functions of ours, and back."""
