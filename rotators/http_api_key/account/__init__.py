"""An account at a described issuer: what it lists, and how its keys are made and ended."""
