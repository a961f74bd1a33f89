"""SAM's own local Lambda against the local system: `make local` and `make test-sam`."""
