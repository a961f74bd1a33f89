"""How an account's passwords are set: MySQL's two, MariaDB's entries, and the server's rules."""
