"""Single keys: how each kind is made, and proved."""
