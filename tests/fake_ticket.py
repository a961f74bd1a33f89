"""A Ticket without a service: the machine's side of a step, with what a test puts in it."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime

from shared.keys.api_key import ApiKey
from shared.protocol.reset import Reset

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rotated/app-AbCdEf"


@dataclass
class FakeTicket:
    """A Ticket of API keys; a test that asks for what it did not give fails.

    allow_changes: the rotation is still under way, so the target may be changed.
    allow_promote: AWSCURRENT may be moved early.
    unlabelled_was_read: whether the versions without a label were asked for.
    """

    previous_key: ApiKey | None = None
    unlabelled_keys: Sequence[ApiKey] = ()
    _: KW_ONLY
    current_key: ApiKey | None = None
    pending_key: ApiKey | None = None
    custom_labelled_keys: Mapping[str, ApiKey | None] = field(default_factory=dict)
    admin_secret: Mapping[str, object] | None = None
    secret_arn: str = ARN
    version_id: str = "v3"
    leaked_version_id: str = ""
    current_version_id: str = "v2"
    allow_changes: bool = False
    allow_promote: bool = False
    unlabelled_was_read: bool = False
    notes: MutableMapping[str, object] = field(default_factory=dict)
    next_rotation: datetime | None = None
    current_created: datetime = field(default_factory=lambda: datetime.now(UTC))
    due: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_rotation: datetime | None = None
    age: float = 0.0

    def replace_current(self, _document: Mapping[str, object], /) -> None:
        raise AssertionError("not needed")

    def current(self) -> ApiKey:
        assert self.current_key is not None, "not needed"
        return self.current_key

    def pending(self) -> ApiKey:
        assert self.pending_key is not None, "not needed"
        return self.pending_key

    def pending_age(self) -> float:
        return self.age

    def pending_if_visible(self) -> ApiKey | None:
        assert self.allow_changes, "not needed"
        return self.pending_key

    def previous(self) -> ApiKey | None:
        return self.previous_key

    def custom_labelled(self) -> Mapping[str, ApiKey | None]:
        return self.custom_labelled_keys

    def unlabelled(self) -> Iterator[ApiKey]:
        self.unlabelled_was_read = True
        return iter(self.unlabelled_keys)

    def before(self) -> Iterator[tuple[ApiKey, datetime]]:
        raise AssertionError("not needed")

    def others(self) -> Iterator[tuple[ApiKey, bool]]:
        return ((key, False) for key in (self.previous_key, *self.unlabelled_keys) if key)

    def only_tests(self) -> bool:
        return self.pending_key == self.current_key

    def read_secret(self, arn: str, *, again: bool = False) -> Mapping[str, object]:
        assert self.admin_secret is not None, (arn, again)
        return self.admin_secret

    def is_rotating(self, arn: str) -> bool:
        raise AssertionError(arn)

    def tags_of(self, arn: str) -> Mapping[str, str]:
        raise AssertionError(arn)

    def may_reset(self, _reset: Reset) -> bool:
        return False

    def ensure_still_this_rotation(self, *, again: bool = False) -> None:
        assert self.allow_changes, again

    def promote(self) -> None:
        assert self.allow_promote, "not needed"
