"""Where a kind and its function are entered: the template, a dependency group, the tables."""

import re
import tomllib
from pathlib import Path

from local.scaffold.names import Names

# The function that is entered wherever a new one has to be, and what lets its admin set passwords.
_MODEL, _BY_ADMIN = "MySqlSingleUser", "MySqlAdminSets"
# The port of the model's servers is open where the model is; no other kind is at that port.
_OWN_TO_THE_MODEL = "  MySqlPort:"
_BLOCK = """\
  # A user of {prefix} that changes its own password.
  {function}:
    Type: AWS::Serverless::Function
    Condition: {function}
    Metadata: {{BuildMethod: makefile}}
    Properties:
      Description: Rotates the password of a user of {prefix}
      CodeUri: .
      Handler: rotators.{kind}.single_user
      Role: !GetAtt {function}Role.Arn
      LoggingConfig: {{LogGroup: !Ref {function}Logs}}
      Environment:
        Variables:
          ALLOW_UNENCRYPTED: !Ref AllowUnencrypted
          ADMIN_SETS_PASSWORD: !Ref {prefix}AdminSetsPassword
          SHORT_GAP: !Ref ShortGap

"""


def enter(names: Names, root: Path) -> list[Path]:
    """Enter it everywhere; the files that were changed.

    Raises ValueError where one of them is not written as is expected here.
    """
    entries = {
        "template.yaml": _template,
        "pyproject.toml": _group,
        "README.md": _readme,
        "docs/secrets.md": _engine,
    }
    for name, entry in entries.items():
        path = root / name
        changed = entry(path.read_text(), names)
        path.write_text(changed)
    return [root / name for name in entries]


def _template(text: str, names: Names) -> str:
    """Its blocks after those of the model, and its name wherever that one is listed."""

    def own(part: str) -> str:
        by_admin = f"{names.prefix}{_BY_ADMIN.removeprefix('MySql')}"
        return part.replace(_MODEL, names.function).replace(_BY_ADMIN, by_admin)

    def both(line: re.Match[str]) -> str:
        if line[0].startswith(_OWN_TO_THE_MODEL):
            return line[0]
        if re.match(rf"  Deploy|  {_BY_ADMIN}| +- ", line[0]):
            return f"{line[0]}\n{own(line[0])}"
        # Of an Or, wherever in it the model is: another new kind may be behind it.
        conditions = rf"!Condition (?:{_MODEL}|{_BY_ADMIN})\b"
        return re.sub(conditions, lambda found: f"{found[0]}, {own(found[0])}", line[0])

    listed = re.compile(rf"^ .*(?:{_MODEL}|{_BY_ADMIN}(?:Password)?)\b.*$", re.MULTILINE)
    (secrets,) = re.findall(rf"^  {_MODEL}Secrets:\n(?:(?: {{4}}.*)?\n)+", text, re.MULTILINE)
    block = _BLOCK.format(function=names.function, prefix=names.prefix, kind=names.kind)
    text = listed.sub(both, text)
    return text.replace(secrets, secrets + block + own(secrets))


def _group(text: str, names: Names) -> str:
    """Its dependencies, those of every function; a driver goes beside them."""
    groups = tomllib.loads(text)["dependency-groups"]
    common = next(each for each in groups["mysql"] if each.startswith("aws-lambda-powertools"))
    text = _after_last(
        r"^\w+ = \[\"aws-lambda-powertools.*\]$", f'{names.kind} = ["{common}"]', text
    )
    return _after_last(
        r"^  \{ include-group = \"(?!lambda)\w+\" \},$",
        f'  {{ include-group = "{names.kind}" }},',
        text,
    )


def _readme(text: str, names: Names) -> str:
    row = f"| `{names.function}` | the password of a user of {names.prefix} |"
    text = _after_last(r"^\| `\w+` \| .*\|$", row, text, within=r"^\| function \|.*?\n\n")
    text = _after_last(r"`Deploy\w+`", f", `Deploy{names.function}`", text, joint="")
    by_admin = f", `{names.prefix}AdminSetsPassword`"
    return _after_last(r"`MySqlAdminSetsPassword`", by_admin, text, joint="")


def _engine(text: str, names: Names) -> str:
    return _after_last(r"`aurora-mysql`", f"; {names.prefix}: `{names.kind}`", text, joint="")


def _after_last(
    pattern: str, addition: str, text: str, *, joint: str = "\n", within: str = ""
) -> str:
    """The text with the addition after the last place that the pattern fits."""
    start, end = 0, len(text)
    if within:
        found = re.search(within, text, re.MULTILINE | re.DOTALL)
        if found is None:
            raise ValueError(within)
        start, end = found.span()
    fits = list(re.compile(pattern, re.MULTILINE).finditer(text, start, end))
    if not fits:
        raise ValueError(pattern)
    at = fits[-1].end()
    return f"{text[:at]}{joint}{addition}{text[at:]}"
