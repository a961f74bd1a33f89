"""How far a description is trusted with the admin's key, by who had a say in what is sent where."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Self


class Author(Enum):
    """Who wrote a description's requests."""

    FUNCTION = auto()  # whoever sets ISSUER on the function
    SHIPPED = auto()  # we: the secret only names one of our descriptions, or fills its gaps
    SECRET = auto()  # whoever may write the secret


class Base(Enum):
    """How much of the URLs' base the secret may say."""

    NOTHING = auto()  # neither of the description's base nor of a request's own
    PART = auto()  # such as a host name or an id
    ALL = auto()  # the URL as a whole, with a path on the right host that may be anybody's


class OtherBases(Enum):
    """Which requests may have a base of their own, beside the description's."""

    ANY = auto()
    WRITTEN_OUT = auto()  # only without a {name} in it
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Trust:
    """What the admin's secret must say before its key is sent, and where requests may go.

    needs_inline: it must say `"inline": true`.
    needs_issuer_url: it must say an `issuer_url`, which is to be the base. One that it says
    without need is to be the base as well.
    """

    needs_inline: bool
    needs_issuer_url: bool
    other_bases: OtherBases

    @classmethod
    def of(cls, author: Author, base: Base, *, hosts_are_listed: bool) -> Self:
        """By who wrote the requests, what the secret may say of the base, and ISSUER_HOSTS.

        | author   | base    | hosts listed | admin's secret must say | other bases |
        | FUNCTION | NOTHING | no           | nothing                 | ANY         |
        | FUNCTION | PART    | no           | issuer_url              | WRITTEN_OUT |
        | FUNCTION | ALL     | no           | issuer_url              | WRITTEN_OUT |
        | SHIPPED  | PART    | no           | issuer_url              | WRITTEN_OUT |
        | SHIPPED  | ALL     | no           | issuer_url              | WRITTEN_OUT |
        | SECRET   | ALL     | no           | inline, issuer_url      | NONE        |
        | FUNCTION | NOTHING | yes          | nothing                 | ANY         |
        | FUNCTION | PART    | yes          | nothing                 | ANY         |
        | FUNCTION | ALL     | yes          | issuer_url              | ANY         |
        | SHIPPED  | PART    | yes          | nothing                 | ANY         |
        | SHIPPED  | ALL     | yes          | issuer_url              | ANY         |
        | SECRET   | ALL     | yes          | inline, issuer_url      | ANY         |

        No other pairs can be: a base of a description that comes with the function is at least in
        part the secret's, and a secret that has its own description says all of it.
        """
        hosts_are_known = hosts_are_listed or base is Base.NOTHING
        if hosts_are_known:
            other_bases = OtherBases.ANY
        elif author is Author.SECRET:
            other_bases = OtherBases.NONE
        else:
            other_bases = OtherBases.WRITTEN_OUT
        return cls(
            needs_inline=author is Author.SECRET,
            needs_issuer_url=base is Base.ALL or not hosts_are_known,
            other_bases=other_bases,
        )
