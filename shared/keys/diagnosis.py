"""What a diagnosis looks at of a key: whether it is accepted, its admin, the next one's needs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from shared.asked.grants import Grants
from shared.errors import Rejected, RotationError, Unreachable, Untrusted
from shared.keys.api_key import ApiKey, Way
from shared.keys.contract import KeyIssuer, KeyManager
from shared.keys.proof import MAX_PROBES
from shared.passwords import PasswordPolicy
from shared.protocol.contract import StoredVersion, Ticket
from shared.protocol.findings import Finding, Findings, Link, State

if TYPE_CHECKING:
    from shared.keys.backend import KeyStrategy


class AskedOnce:
    """A KeyIssuer that is asked about each key once: it may count what it refuses."""

    name: ClassVar[str] = "an issuer"

    def __init__(self, issuer: KeyIssuer) -> None:
        self._issuer = issuer
        self._asked: list[tuple[ApiKey, bool | RotationError]] = []

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """As the issuer does."""
        return self._issuer.parse(document)

    def manage(self, key: ApiKey, ticket: Ticket[ApiKey]) -> KeyManager:
        """As the issuer does."""
        return self._issuer.manage(key, ticket)

    def policies(self, key: ApiKey, /) -> Grants[PasswordPolicy] | None:
        """As the issuer does."""
        return self._issuer.policies(key)

    def choose(self, current: ApiKey, /) -> ApiKey:
        """As the issuer does."""
        return self._issuer.choose(current)

    def propagation(self, key: ApiKey, /) -> float:
        """As the issuer does."""
        return self._issuer.propagation(key)

    def probe(self, key: ApiKey, /) -> bool:
        """What it answered before, or answers now."""
        for asked, answer in self._asked:
            if _same(asked, key):
                return _told(answer)
        self._asked.append((key, self._ask(key)))
        return _told(self._asked[-1][1])

    def _ask(self, key: ApiKey) -> bool | RotationError:
        try:
            return self._issuer.probe(key)
        except RotationError as error:
            return error


class KeyDiagnosis:
    """Of one secret; versions: see Backend.diagnose. issuer: see AskedOnce."""

    def __init__(
        self,
        issuer: AskedOnce,
        strategy: "KeyStrategy",
        versions: Sequence[StoredVersion[ApiKey]],
        ticket: Ticket[ApiKey],
        findings: Findings,
    ) -> None:
        self._issuer = issuer
        self._strategy = strategy
        self._versions = versions
        self._ticket = ticket
        self._findings = findings
        self._key = versions[0].credential
        self._told: set[str] = set()  # versions
        self._accepted = ""  # the first version that is
        self._has_told_way = False
        self._problem: RotationError | None = None  # of the last key

    def run(self) -> None:
        """Look at all of it."""
        for version in self._candidates():
            self._use(version)
        is_cut_off = isinstance(self._problem, Unreachable | Untrusted)
        self._tell_untried(is_cut_off=is_cut_off)
        self._look_at_admin(is_cut_off=is_cut_off)
        if not self._accepted:
            what = "not looked at: no stored key is accepted"
            self._findings.add(Finding(Link.STRATEGY, State.UNKNOWN, what))
            return
        with self._findings.looking(Link.STRATEGY, "nothing stands in the way of the next key"):
            self._strategy.check(self._key, self._ticket)

    # --- keys ---

    def _candidates(self) -> Iterator[StoredVersion[ApiKey]]:
        """Those to be used, as each depends on how the one before was answered."""
        used: list[ApiKey] = []
        for version in self._versions:
            key = version.credential
            if key.account != self._key.account or any(_same(key, each) for each in used):
                continue
            # A key that is issued is accepted beside the others.
            is_beside = version.is_pending and key.way is Way.ISSUED
            rejected = isinstance(self._problem, Rejected)
            if (used and not rejected and not is_beside) or (self._accepted and not is_beside):
                continue
            if len(used) < MAX_PROBES and not isinstance(self._problem, Unreachable | Untrusted):
                used.append(key)
                yield version

    def _use(self, version: StoredVersion[ApiKey]) -> None:
        problem: RotationError | None = None
        with self._findings.looking(Link.LOGIN, of=version.of):
            try:
                self._issuer.probe(version.credential)
            except RotationError as error:
                problem = error
        self._tell(version, problem)

    def _tell(self, used: StoredVersion[ApiKey], problem: RotationError | None) -> None:
        """How a key was answered, of every version that holds it."""
        # All else may come before the issuer is called, or of what is on the way to it.
        if not self._has_told_way and isinstance(problem, Rejected | None):
            self._tell_of_way()
        self._problem = problem
        if isinstance(problem, Unreachable | Untrusted):
            self._findings.refused(Link.LOGIN, problem)
            return
        for version in self._versions:
            if _same(version.credential, used.credential):
                self._told.add(version.of)
                self._tell_one(version, problem)

    def _tell_one(self, version: StoredVersion[ApiKey], problem: RotationError | None) -> None:
        if problem is None:
            self._accepted = self._accepted or version.of
            self._findings.add(Finding(Link.LOGIN, State.OK, "accepted", of=version.of))
            return
        age = (datetime.now(UTC) - version.created).total_seconds()
        seconds = self._issuer.propagation(version.credential)
        if isinstance(problem, Rejected) and age < seconds:
            what = f"{problem.what}, which may take {seconds:.0f} s to know a new one"
            do = "ask again in a while"
            self._findings.add(
                Finding(Link.LOGIN, State.UNKNOWN, what, do, version.of, problem.code)
            )
            return
        self._findings.refused(Link.LOGIN, problem, version.of)

    def _tell_of_way(self) -> None:
        self._has_told_way = True
        url = self._key.account.issuer_url
        self._findings.add(Finding(Link.ENDPOINT, State.OK, f"{url} answers"))
        proven = f"{url} has proved that it is that host"
        self._findings.add(Finding(Link.TLS, State.OK, proven))

    def _tell_untried(self, *, is_cut_off: bool) -> None:
        why = "a refusal may be counted"
        if is_cut_off:
            why = "the way to the issuer is broken"
        elif self._accepted:
            why = f"{self._accepted} is accepted, and {why}"
        elif not isinstance(self._problem, Rejected):
            why = "what the issuer said of the key before does not tell whether it is right"
        for version in self._versions:
            if version.of not in self._told:
                is_of_account = version.credential.account == self._key.account
                reason = why if is_of_account else "it is of another account"
                what = f"not tried: {reason}"
                self._findings.add(Finding(Link.LOGIN, State.UNKNOWN, what, of=version.of))

    # --- who may issue ---

    def _look_at_admin(self, *, is_cut_off: bool) -> None:
        arn = self._key.admin
        with self._findings.looking(Link.ADMIN) as look:
            manager = self._issuer.manage(self._key, self._ticket)
        if look.problem is not None or (arn is None and not self._accepted):
            return
        tells = manager.can_list or self._key.slot is not None
        if is_cut_off or not tells:
            if arn is not None:
                what = f"the admin's secret {arn} can be used; its key was not tried"
                self._findings.add(Finding(Link.ADMIN, State.UNKNOWN, what))
            return
        with self._findings.looking(Link.RIGHTS, "the account's keys may be listed") as look:
            manager.listed()
        if look.problem is None and arn is not None:
            self._findings.add(Finding(Link.ADMIN, State.OK, f"the key in {arn} is accepted"))


def _same(one: ApiKey, other: ApiKey) -> bool:
    """Whether an answer about one is about the other, too: it may be about the id."""
    return (one.account, one.key, one.key_id) == (other.account, other.key, other.key_id)


def _told(answer: bool | RotationError) -> bool:  # noqa: FBT001 - an answer, and no choice
    if isinstance(answer, RotationError):
        raise answer
    return answer
