"""How a command shows what it found, to a person and to a program."""
