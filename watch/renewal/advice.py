"""What to do about what AWS refuses, in the renewal's words: those of rotctl are for its caller."""

from rotctl.trouble import Denied, Missing, Passing, Trouble

_CALLER, _OURS = "you have no right to it", "ReaderRenewer has no right to it"
_POLICY = "see which policy denies it: the permissions boundary's, or the organization's"
_TAG = (
    "its tag reader-of has to be there, with names that begin with one of SecretPrefixes; where "
    "that is so, "
)
_PASSED = "begin the rest when AWS answers again"
_GONE = "see who has removed it"
_ELSE = "look the code up in AWS's API reference"


def advised(trouble: Trouble, *, of_reader: bool = False) -> Trouble:
    """The same trouble; what this project's own code has found is left as it is."""
    if isinstance(trouble, Denied):
        do = f"{_TAG if of_reader else ''}{_POLICY}"
    elif isinstance(trouble, Passing):
        do = _PASSED
    elif isinstance(trouble, Missing):
        do = _GONE
    else:
        do = _ELSE if trouble.code else trouble.do
    what = trouble.what.replace(_CALLER, _OURS)
    return type(trouble)(what, do=do, code=trouble.code)
