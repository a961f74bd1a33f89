"""Bills of materials, held to CycloneDX's own schema."""
