"""What is wrong with a secret's rotation, in one line, and the least that mends it."""
