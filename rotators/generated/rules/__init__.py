"""Which fields are made anew, and how: what the secret or the function says of it."""
