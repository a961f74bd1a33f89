"""Typed reading of a secret's JSON: each refusal names the field and never quotes a value."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from shared.document.advice import engine_advice, missing, place_of, unread_port
from shared.document.encoding import encodable
from shared.document.hosts import address_in, has_dns_labels, is_host_name, same_form
from shared.errors import MalformedSecret, TargetMismatch
from shared.settings import FLAGS


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one JSON object; `of` is what messages call the object.

    A message has the name by which a field is stored.
    """

    document: Mapping[str, object]
    of: str = "the secret"

    def text(self, field: str) -> str:
        """A string of at least one character, without NUL."""
        value = self.optional_text(field)
        if value is None:
            self._refuse(field, *missing(self.document, field))
        return value

    def optional_text(self, field: str) -> str | None:
        """The same, or None where the field is absent or null."""
        value = self.document.get(field)
        if value is None:
            return None
        if not isinstance(value, str) or not value or "\0" in value or not encodable(value):
            self._refuse(field, "must be a string of at least one character", "correct it in")
        return value

    def name(self, field: str) -> str | None:
        """A string; None also for an empty one, as some tools write it."""
        return None if self.document.get(field) == "" else self.optional_text(field)

    def require_engine(self, engines: Collection[str]) -> None:
        """Raise TargetMismatch where the field `engine` is there and none of these."""
        engine = self.optional_text("engine")
        if engine is not None and engine not in engines:
            field, place = place_of(self.document, "engine")
            raise TargetMismatch(
                f"{place} of {self.of} is not one this function rotates "
                f"({', '.join(sorted(engines))})",
                do=f"attach the function made for this engine, or {engine_advice(self.document)}",
                field=field,
            ).rename_fields({})

    def token(self, field: str) -> str:
        """A string that may stand in an HTTP header: visible ASCII, no space."""
        value = self.text(field)
        if not re.fullmatch(r"[!-~]+", value):
            self._refuse(field, "must be visible ASCII without spaces", "correct it in")
        return value

    def host(self, field: str) -> str:
        """One host name or IP address: no list, no socket path, as drivers would read into it.

        What DNS takes for equal comes out equal: in small letters, without the root's dot, an
        IPv6 address in its shortest form.
        """
        value = self.text(field)
        if address_in(value) is not None:
            return same_form(value)
        name, _, port = value.rpartition(":")
        bare = name.strip("[]")
        if port.isdecimal() and (is_host_name(bare) or address_in(bare)):
            own, _ = place_of(self.document, "port")
            self._refuse(field, "has the port in it", f"move that to '{own}' in")
        if not is_host_name(value):
            self._refuse(field, "must be one host name or IP address", "correct it in")
        return same_form(value)

    def optional_host(self, field: str) -> str | None:
        """The same, or None where the field is absent or null."""
        return None if self.document.get(field) is None else self.host(field)

    def flag(self, field: str, *, default: bool) -> bool:
        """A JSON bool, or one of the words the AWS functions take for one."""
        value = self.document.get(field)
        if value is None:
            return default
        if isinstance(value, str):
            value = FLAGS.get(value.strip().lower())
        if not isinstance(value, bool):
            self._refuse(field, "must be true or false", "correct it in")
        return value

    def port(self, field: str, *, default: int) -> int:
        """A TCP port, as a number or as a string of digits."""
        value = self.document.get(field)
        if value is None:
            problem, do = unread_port(self.document)
            if problem:
                self._refuse(field, problem, do)
            return default
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}", value):
            value = int(value)
        if type(value) is not int or value not in range(1, 65536):  # bool is an int too
            self._refuse(field, "must be a port from 1 to 65535", "correct it in")
        return value

    def https_url(self, field: str) -> str:
        """An https URL with a host and nothing that could carry a credential elsewhere.

        Nothing either, as a bare `?`, that takes what is appended for no path; and no backslash,
        which some parsers take for a slash.
        """
        value = self.text(field)
        try:
            url = urlsplit(value)
            good = url.scheme == "https" and has_dns_labels(url.hostname or "") and url.port != 0
        except ValueError:
            good = False
        if not good or not re.fullmatch(r"[!-~]+", value) or re.search(r"[?#@\\]", value):
            self._refuse(field, "must be an https:// URL of just host and path", "correct it in")
        return value.rstrip("/")

    def _refuse(self, field: str, problem: str, do: str) -> NoReturn:
        field, place = place_of(self.document, field)
        problem = f"{place} of {self.of} {problem}"
        raise MalformedSecret(problem, field=field, do=f"{do} {self.of}").rename_fields({})
