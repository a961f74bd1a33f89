"""What AWS says of secrets, functions, their logs and rotations; nothing here reads a value."""
