"""How a key is made so that one that is lost is found: it is noted before, and labelled after."""

from collections.abc import Collection, Mapping
from contextlib import suppress

from rotators.iam.account.labels import MAKING, Making, label_of
from rotators.iam.account.user import User
from rotators.iam.aws.calls import Calls
from rotators.iam.aws.errors import IAM, Full
from rotators.iam.smtp import smtp_password
from rotators.iam.stored import SMTP_PASSWORD, SMTP_REGION, SMTP_USER
from shared.errors import RotationError, Unexpected, Unreachable
from shared.keys.api_key import ApiKey
from shared.protocol.contract import Ticket
from shared.secret import Secret


class Issuance:
    """One key; user: as this step began; ended: the ids of the keys that it has deleted since.

    A step may be killed at any line. Before the note nothing was made; until the label, a key that
    is not in the note is the one that was lost; after that it is known by its label.
    """

    def __init__(
        self,
        calls: Calls,
        ticket: Ticket[ApiKey],
        user: User,
        current: ApiKey,
        ended: Collection[str],
    ) -> None:
        self._calls = calls
        self._ticket = ticket
        self._user = user
        self._current = current
        self._name = current.account.owner
        label = label_of(ticket.secret_arn, ticket.version_id)
        self._held = frozenset(each.key_id for each in user.keys) - frozenset(ended)
        self._making = Making(label, self._held)

    def issue(self) -> ApiKey:
        """The new key, or what another copy of this step has stored meanwhile."""
        self._forget_ended()
        self._tag({MAKING: self._making.begun, **self._adopted()})
        try:
            answer = self._calls.ask("create_access_key", self._name, UserName=self._name)
        except Full:
            self._note_none_made()
            return self._ticket.pending()  # of a copy of this step, or raises Busy
        except (Unreachable, Unexpected):  # it may have been made all the same
            raise
        except RotationError:
            self._note_none_made()
            raise
        made = answer.get("AccessKey", {})
        key_id, key = made.get("AccessKeyId"), made.get("SecretAccessKey")
        if not key_id or not key:  # the SDK reads an answer that is cut short as {}
            raise Unreachable(f"{IAM.name} did not tell the key that it made", do=IAM.route)
        self._tag({key_id: self._making.label, MAKING: self._making.ended})
        return self._with_key(key_id, Secret(key))

    def _with_key(self, key_id: str, key: Secret) -> ApiKey:
        document = self._current.document
        more: dict[str, Secret] = {}
        if SMTP_PASSWORD in document:
            more[SMTP_PASSWORD] = smtp_password(key, str(document[SMTP_REGION]))
            if SMTP_USER in document:
                more[SMTP_USER] = Secret(key_id)
        return self._current.with_key(key, key_id=key_id, more=more)

    def _adopted(self) -> Mapping[str, str]:
        """The label of the key in use, where it has none: a first one was made by hand."""
        key_id, current = self._current.key_id, self._ticket.current()
        if key_id is None or self._user.tags.get(key_id) or current.key_id != key_id:
            return {}
        return {key_id: label_of(self._ticket.secret_arn, self._ticket.current_version_id)}

    def _forget_ended(self) -> None:
        """Take off the labels of this secret's keys that are gone.

        Not this version's: another copy may have made a key since the user was looked at.
        """
        prefix = label_of(self._ticket.secret_arn, "")
        gone = [
            key_id
            for key_id, label in self._user.tags.items()
            if key_id != MAKING
            and label.startswith(prefix)
            and label != self._making.label
            and key_id not in self._held
        ]
        if gone:
            self._calls.ask("untag_user", self._name, UserName=self._name, TagKeys=gone)

    def _note_none_made(self) -> None:
        """Unless an earlier attempt may have made one, which is not listed yet."""
        if self._user.making is None:
            with suppress(RotationError):
                self._tag({MAKING: self._making.ended})

    def _tag(self, tags: Mapping[str, str]) -> None:
        pairs = [{"Key": name, "Value": value} for name, value in tags.items()]
        self._calls.ask("tag_user", self._name, UserName=self._name, Tags=pairs)
