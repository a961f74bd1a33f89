"""Fetch the transform, so that no test waits for a download."""

from local import transform

if __name__ == "__main__":
    transform.environment()
