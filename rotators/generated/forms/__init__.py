"""What a field holds: one value, a pair, or a keyring."""
