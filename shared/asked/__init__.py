"""What a secret asks for itself, within what its function's settings allow."""
