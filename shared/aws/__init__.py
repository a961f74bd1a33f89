"""The AWS services that a rotation calls; nothing else of the suite knows the SDK."""
