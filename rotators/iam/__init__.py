"""Access keys of IAM users: the function that rotates them."""

from rotators.iam.backend import AccessKeys
from shared.handler import make_handler

lambda_handler = make_handler(AccessKeys, strategy="access_key")
