"""Descriptions of issuers: read from JSON, checked as a whole, filled in with values."""
