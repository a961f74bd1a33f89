"""What this kind is tried with on one machine: IAM and STS as moto has them, and users there."""

from collections.abc import Mapping

from local.targets import Offer
from rotators.iam.testing.front import Iam, moto_iam
from rotators.iam.testing.users import IamTarget

__all__ = ["TARGETS", "Iam", "IamTarget", "moto_iam"]

TARGETS: Mapping[str, Offer] = {
    "iam": Offer(IamTarget.function, lambda place: IamTarget(place.running(moto_iam))),
}
