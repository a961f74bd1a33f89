"""docs/operating.md: how the log is read, as far as moto and the AWS CLI's version 1 go."""

import re

from local import template
from local.bootstrap import ROOT
from tests.deploy.documents.account import Account
from tests.deploy.documents.pages import section


def test_a_functions_log_group_and_the_saved_query_are_found(account: Account) -> None:
    outputs = {"PostgresSingleUserLogGroup": "the group", "FailedStepsQuery": "the query"}
    account.stack("secret-rotators", outputs)
    tail, _, query = section("operating", "Reading the log").blocks("sh")
    assert account.run(tail.split("aws logs tail")[0] + 'echo "$group"') == "the group\n"
    assert account.run(query) == "the query\n"


def test_the_outputs_that_pages_read_are_the_templates() -> None:
    pages = [ROOT / "docs" / f"{name}.md" for name in ("from-aws-functions", "lifecycle")]
    text = "\n".join(path.read_text() for path in (*pages, ROOT / "docs" / "operating.md"))
    read = set(re.findall(r"OutputKey=='(\w+)'", text))
    read |= set(re.findall(r"secret-rotators[/-](\w+Arn)\b", text))
    assert len(read) == 4
    assert read <= template.document()["Outputs"].keys()
