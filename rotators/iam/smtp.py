"""The password for Amazon SES's SMTP interface, which is derived from a secret access key.

Source: Amazon SES Developer Guide, "Obtaining Amazon SES SMTP credentials by converting existing
AWS credentials", whose code is the algorithm.
"""

import base64
import hmac

from shared.secret import Secret

_DATE, _SERVICE, _TERMINAL, _MESSAGE = "11111111", "ses", "aws4_request", "SendRawEmail"
_VERSION = b"\x04"


def smtp_password(key: Secret, region: str) -> Secret:
    """What SES's SMTP endpoint of the region takes together with the key's id."""
    signature = f"AWS4{key.reveal()}".encode()
    for part in (_DATE, region, _SERVICE, _TERMINAL, _MESSAGE):
        signature = hmac.digest(signature, part.encode(), "sha256")
    return Secret(base64.b64encode(_VERSION + signature).decode())
