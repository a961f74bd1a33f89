"""The forms of one secret's fields, by what the secret or the function says of them."""

from collections.abc import Mapping

from rotators.generated.forms.form import Form
from rotators.generated.forms.keyring import Keyring
from rotators.generated.forms.pair import Pair
from rotators.generated.forms.value import Value
from rotators.generated.keys.encoded import Encoded
from rotators.generated.keys.material import Material
from rotators.generated.keys.pairs import KeyPairs
from rotators.generated.keys.shared import SharedKeys
from rotators.generated.keys.text import Text
from rotators.generated.rules.reader import read_member, read_variable, require_fields
from rotators.generated.rules.rule import IN_ROTATION, PAIRS, VARIABLE, Rule
from shared.asked.grants import Grants
from shared.asked.passwords import PASSWORD_RULES, password_policy
from shared.asked.wishes import asked_length, refuse_unknown, unknown_first
from shared.document.form import TEXT_FIELD, Document
from shared.document.form import Text as PlainText
from shared.document.mapping import RESERVED
from shared.errors import MalformedSecret
from shared.passwords import PasswordPolicy

_KNOWN = frozenset({VARIABLE, *PASSWORD_RULES})


class Rules:
    """Those of the function, which a secret's own take the place of."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._own = read_variable(environment.get(VARIABLE) or "")
        self._policies = Grants(environment, PASSWORD_RULES, password_policy)

    def forms(self, document: Mapping[str, object]) -> Mapping[str, Form]:
        """The form of each field that is made anew; raises MalformedSecret naming the place."""
        if isinstance(document, Document):
            raise MalformedSecret(
                f"field '{RESERVED}' of the secret maps fields or lists URLs, which this function "
                "does not read",
                do=f"name the fields as they are in '{IN_ROTATION}', and take the rest out",
                field=RESERVED,
            )
        with unknown_first(document, _KNOWN):
            rules = self._rules(document)
        policy = self._policies.granted_or_unasked(document)
        is_asked = asked_length(document) is not None
        return {name: _form(rule, policy, is_asked=is_asked) for name, rule in rules.items()}

    def check_wishes(self, document: Mapping[str, object]) -> None:
        """Raises MalformedSecret where the secret asks for what it may not.

        Not in `forms`: see DatabaseBackend.check_wishes.
        """
        refuse_unknown(document, _KNOWN)
        self._policies.granted(document)

    def _rules(self, document: Mapping[str, object]) -> Mapping[str, Rule]:
        reserved = document.get(RESERVED)
        if isinstance(reserved, Mapping) and reserved.get(VARIABLE.lower()) is not None:
            return read_member(reserved[VARIABLE.lower()], document)
        is_plain = isinstance(document, PlainText)
        rules = {name: rule for name, rule in self._own.items() if (name == TEXT_FIELD) is is_plain}
        if not rules:
            raise _unsaid(is_plain=is_plain)
        require_fields(rules, document)
        return rules


def _form(rule: Rule, policy: PasswordPolicy, *, is_asked: bool) -> Form:
    if rule.kind in PAIRS:
        pairs = KeyPairs(rule.kind)
        ring = rule.keeping and Keyring(rule.field, pairs, rule.keeping)
        return ring or Pair(rule.field, pairs)
    material: Material = Text(rule, policy, is_asked) if rule.kind == "text" else Encoded(rule)
    ring = rule.keeping and Keyring(rule.field, SharedKeys(material), rule.keeping)
    return ring or Value(rule.field, material)


def _unsaid(*, is_plain: bool) -> MalformedSecret:
    function = f"let {VARIABLE} of the function say it, as docs/generated.md has it"
    if is_plain:
        what = "nothing says how a secret that is one plain string is to be made"
        return MalformedSecret(what, do=function, field=TEXT_FIELD)
    what = "nothing says which fields of the secret are to be made anew, and how"
    do = f"add '{IN_ROTATION}' to the secret, or {function}"
    return MalformedSecret(what, do=do, field=TEXT_FIELD)
