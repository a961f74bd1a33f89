"""The stack that CloudFormation would make of the transformed template with some parameters.

Ours is a reading of CloudFormation's documentation of its functions; AWS was never asked.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from local import template
from local.transform import transformed

ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "secret-rotators"
ENDPOINT_NAME = "vpce-0123-abcd.secretsmanager.us-east-1.vpce.amazonaws.com"
NOTHING = object()  # AWS::NoValue
FUNCTIONS = tuple(template.functions())
WATCHERS = tuple(template.watchers())
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NoValue": NOTHING,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
}
NETWORK = {"SubnetIds": "subnet-1,subnet-2", "VpcId": "vpc-1"}

written_out = cache(transformed)


def function_arn(function: str) -> str:
    """As the attribute of a function that was made."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"


def deploy(*functions: str, **given: str) -> "Stack":
    """The stack with these functions and no others; with none named, with all."""
    deployed = functions or FUNCTIONS
    switches = {f"Deploy{name}": str(name in deployed).lower() for name in FUNCTIONS}
    return Stack({**switches, **given})


class Stack:
    """What a deploy makes: resources and outputs, resolved; a reference into nothing is KeyError.

    refused: what the template's Rules say of the parameters, before anything is made.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._template = written_out()
        self._values = {name: self._value(name, given) for name in self._template["Parameters"]}
        assert given.keys() <= self._values.keys()
        self.refused = [
            each["AssertDescription"]
            for rule in self._template["Rules"].values()
            if self.holds(rule.get("RuleCondition", {"Fn::Equals": ["", ""]}))
            for each in rule["Assertions"]
            if not self.holds(each["Assert"])
        ]
        self._made = self._conditional("Resources")
        self.resources = {name: self.resolve(each) for name, each in self._made.items()}
        outputs = self._conditional("Outputs")
        self.outputs = {name: self.resolve(each) for name, each in outputs.items()}

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """{logical id: properties} of the resources of this type."""
        return {
            name: each.get("Properties", {})
            for name, each in self.resources.items()
            if each["Type"] == kind
        }

    def properties(self, name: str) -> dict[str, Any]:
        """Of one resource."""
        return dict(self.resources[name]["Properties"])

    def holds(self, rule: Mapping[str, Any]) -> bool:
        """Whether a condition, or a rule's, is true."""
        ((name, of),) = rule.items()
        if name == "Condition":
            return self.holds(self._template["Conditions"][of])
        if name in {"Fn::Not", "Fn::And", "Fn::Or"}:
            parts = [self.holds(each) for each in of]
            return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[name]
        first, second = (self.resolve(each) for each in of)
        if name == "Fn::Equals":
            return bool(first == second)
        if name == "Fn::Contains":
            return second in first
        assert name == "Fn::EachMemberEquals"
        return all(each == second for each in first)

    def resolve(self, part: Any) -> Any:  # noqa: ANN401 - any part of a template
        """The part, with every function of CloudFormation's worked out."""
        if isinstance(part, list):
            members = [self.resolve(each) for each in part]
            return [each for each in members if each is not NOTHING]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            ((name, of),) = part.items()
            if name == "Ref":
                return self._ref(of)
            if name.startswith("Fn::"):
                return self._function(name, of)
        resolved = {key: self.resolve(each) for key, each in part.items()}
        return {key: each for key, each in resolved.items() if each is not NOTHING}

    def _function(self, name: str, of: Any) -> Any:  # noqa: ANN401
        if name == "Fn::If":
            condition, true, false = of
            return self.resolve(true if self.holds({"Condition": condition}) else false)
        if name == "Fn::GetAtt":
            return self._attribute(*of)
        if name == "Fn::Sub":
            text, more = (of, {}) if isinstance(of, str) else of
            values = self.resolve(more)
            return re.sub(
                r"\$\{([\w:]+)\}",
                lambda m: str(values.get(m[1]) or self._named(m[1], values)),
                text,
            )
        if name == "Fn::Join":
            joint, members = of
            return str(joint).join(self.resolve(members))
        first, second = (self.resolve(each) for each in of)
        if name == "Fn::Split":
            return second.split(first)
        assert name == "Fn::Select"
        return second[int(first)]

    def _named(self, name: str, values: Mapping[str, str]) -> str:
        return "" if name in values else str(self._ref(name))

    def _ref(self, name: str) -> Any:  # noqa: ANN401 - a parameter's value
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._values:
            return self._values[name]
        return f"{self._made[name]['Type'].rpartition(':')[2]}-of-{name}"

    def _attribute(self, name: str, attribute: str) -> Any:  # noqa: ANN401
        kind = self._made[name]["Type"]
        return {
            ("AWS::Lambda::Function", "Arn"): function_arn(name),
            ("AWS::IAM::Role", "Arn"): f"arn:aws:iam::{ACCOUNT}:role/{name}",
            ("AWS::Events::Rule", "Arn"): f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}",
            (
                "AWS::StepFunctions::StateMachine",
                "Arn",
            ): f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}",
            ("AWS::Logs::LogGroup", "Arn"): f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*",
            ("AWS::EC2::VPCEndpoint", "DnsEntries"): [
                f"Z7HUB22UULQXV:{ENDPOINT_NAME}",
                "Z7HUB22UULQXV:vpce-0123-abcd-us-east-1a.secretsmanager.us-east-1.vpce.amazonaws.com",
            ],
        }[kind, attribute]

    def _value(self, name: str, given: Mapping[str, str]) -> Any:  # noqa: ANN401
        parameter = self._template["Parameters"][name]
        text = given.get(name, str(parameter.get("Default", "")))
        members = text.split(",") if parameter["Type"] == "CommaDelimitedList" else [text]
        for each in members:
            assert re.fullmatch(parameter.get("AllowedPattern", "(?s:.*)"), each), (name, each)
            assert each in map(str, parameter.get("AllowedValues", [each])), (name, each)
        return members if parameter["Type"] == "CommaDelimitedList" else text

    def _conditional(self, section: str) -> dict[str, Any]:
        """Its members that are made, without their Condition."""
        return {
            name: {key: part for key, part in each.items() if key != "Condition"}
            for name, each in self._template[section].items()
            if "Condition" not in each or self.holds({"Condition": each["Condition"]})
        }
