"""Values that are known to nobody but who reads the secret: the function that makes them anew."""

from rotators.generated.backend import GeneratedValues
from shared.handler import make_handler

lambda_handler = make_handler(GeneratedValues, strategy="generated")
