"""Users that AWS keeps: those of ElastiCache and of MemoryDB, changed by the services' own APIs."""
