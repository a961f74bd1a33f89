"""The chain that a rotation depends on, link by link: what was seen of each, and what to do."""
