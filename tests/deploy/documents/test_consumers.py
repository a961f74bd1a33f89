"""The manifests of docs/consumers.md: parsed, and held to what their definitions know.

The definitions: external-secrets/external-secrets, config/crds/bases/; kubernetes-sigs/
secrets-store-csi-driver, config/crd/bases/; aws/secrets-store-csi-driver-provider-aws, README.md;
stakater/Reloader, README.md. Each as read on 30 November 2026, of its fields those that matter.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.deploy.documents.pages import section

MANIFESTS: dict[str, Any] = {
    each["kind"]: each
    for block in section("consumers", "Kubernetes").blocks("yaml")
    for each in yaml.safe_load_all(block)
}
VERSIONS = {
    "ExternalSecret": "external-secrets.io/v1",
    "Deployment": "apps/v1",
    "SecretProviderClass": "secrets-store.csi.x-k8s.io/v1",
}
# A path, and what may stand there; `[]` is each item of a list.
FIELDS = {
    "ExternalSecret": {
        "spec": "refreshPolicy refreshInterval syncWindows secretStoreRef target data dataFrom",
        "spec.secretStoreRef": "name kind",
        "spec.target": "name creationPolicy deletionPolicy immutable template",
        "spec.dataFrom[]": "extract find rewrite sourceRef",
        "spec.dataFrom[].extract": (
            "key version property metadataPolicy conversionStrategy decodingStrategy"
        ),
    },
    "Deployment": {
        "spec": "replicas selector template strategy minReadySeconds",
        "spec.template": "metadata spec",
        "spec.template.spec": "containers volumes serviceAccountName",
        "spec.template.spec.containers[]": "name image env envFrom volumeMounts",
        "spec.template.spec.containers[].envFrom[]": "prefix secretRef configMapRef",
    },
    "SecretProviderClass": {"spec": "provider parameters secretObjects"},
}
OBJECTS = {
    *("objectName", "objectType", "objectAlias", "objectVersion", "objectVersionLabel"),
    *("failoverObject", "jmesPath", "objectTemplate"),
}
RELOAD = "secret.reloader.stakater.com/reload"


def at(manifest: Any, path: str) -> Iterator[Any]:  # noqa: ANN401 - any YAML
    """All that is there."""
    found = [manifest]
    for step in path.split("."):
        found = [each[step.removesuffix("[]")] for each in found]
        if step.endswith("[]"):
            found = [item for items in found for item in items]
    yield from found


def test_each_is_of_a_version_that_is_served() -> None:
    assert {kind: each["apiVersion"] for kind, each in MANIFESTS.items()} == VERSIONS


@pytest.mark.parametrize("kind", VERSIONS)
def test_only_what_the_definition_has_is_named(kind: str) -> None:
    manifest = MANIFESTS[kind]
    assert manifest.keys() == {"apiVersion", "kind", "metadata", "spec"}
    for path, known in FIELDS[kind].items():
        for each in at(manifest, path):
            assert each.keys() <= set(known.split()), path


def test_the_secret_that_one_writes_is_the_one_that_the_others_use() -> None:
    (written,) = at(MANIFESTS["ExternalSecret"], "spec.target.name")
    deployment = MANIFESTS["Deployment"]
    assert deployment["metadata"]["annotations"] == {RELOAD: written}
    assert list(at(deployment, "spec.template.spec.containers[].envFrom[].secretRef.name")) == [
        written
    ]
    (selected,) = at(deployment, "spec.selector.matchLabels")
    (labels,) = at(deployment, "spec.template.metadata.labels")
    assert selected.items() <= labels.items()


def test_the_secret_is_read_again_in_minutes() -> None:
    (interval,) = at(MANIFESTS["ExternalSecret"], "spec.refreshInterval")
    assert re.fullmatch(r"[1-9]\d?m0s", interval)  # a duration of Go's
    assert "refreshPolicy" not in MANIFESTS["ExternalSecret"]["spec"]


def test_the_objects_of_awss_provider_follow_the_label_and_fit_each_other() -> None:
    spec = MANIFESTS["SecretProviderClass"]["spec"]
    assert spec["provider"] == "aws"
    assert spec["parameters"].keys() == {"objects"}
    (each,) = yaml.safe_load(spec["parameters"]["objects"])
    assert each.keys() <= OBJECTS - {"objectVersion"}  # which no rotation would change
    assert each["objectType"] == "secretsmanager"
    assert [path.keys() for path in each["jmesPath"]] == [{"path", "objectAlias"}] * 2
