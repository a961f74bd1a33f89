"""What an account may do: read, compared, and given to another one."""
