"""Authentication plugins: what is answered at a login, and what MariaDB keeps of a password."""
