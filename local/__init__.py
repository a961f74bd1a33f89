"""The whole system on one machine: Secrets Manager, the functions, the servers, the demo."""
