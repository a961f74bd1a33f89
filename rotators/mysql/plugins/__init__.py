"""Authentication plugins: what is answered at a login, and what a server keeps of a password."""
