"""A referee: the facts of docs/secrets-manager-facts.md, asked of any Secrets Manager by number."""
