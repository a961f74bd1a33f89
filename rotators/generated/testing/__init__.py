"""What this kind is tried with on one machine: clients that sign and verify by the secret."""

from collections.abc import Mapping

from local.targets import Offer
from rotators.generated.testing.clients import GeneratedTarget
from rotators.generated.testing.secrets import KEYRING, WEBHOOK

__all__ = ["KEYRING", "TARGETS", "WEBHOOK", "GeneratedTarget"]

TARGETS: Mapping[str, Offer] = {
    "generated": Offer(GeneratedTarget.function, lambda _: GeneratedTarget("keyring", KEYRING)),
    "webhook": Offer(
        GeneratedTarget.function, lambda _: GeneratedTarget("signing_secret", WEBHOOK)
    ),
}
