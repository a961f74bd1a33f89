"""Per kind of target: `<kind>.py`, its driver and handlers; `<kind>_errors.py`, its errors."""
