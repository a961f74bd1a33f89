"""Hold bills of materials to CycloneDX's own schema; in the environment of __main__.py."""

import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def main(*files: str) -> int:
    """Print what is wrong with each; 1 if anything is."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    wrong = {file: validator.validate_str(Path(file).read_text()) for file in files}
    for file, error in wrong.items():
        print(f"{file}: {f'not valid: {error}' if error else 'valid CycloneDX 1.6'}")
    return 1 if any(wrong.values()) or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
