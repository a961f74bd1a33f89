"""An artifact's bill of materials, as a CycloneDX 1.6 document; the same artifact, the same bytes.

Source: CycloneDX 1.6, JSON reference; PEP 770 for the bills that wheels carry.
"""

import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.supply.sbom.wheels import Wheel

# As SPDX calls them; any other word of a package's own is passed on as a name.
SPDX = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "PSF-2.0"})
# What OpenSSL and Kerberos say of themselves, in their libraries.
_VERSION = re.compile(rb"(?:OpenSSL |KRB5_BRAND: krb5-)(\d+\.\d+\.\d+)")
CERTIFICATES = "shared/authorities/rds.pem"
Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """What was built: the function, our version, the commit and its time, and how it was built."""

    function: str
    version: str
    timestamp: str
    properties: dict[str, str]
    certificates_from: str


def bill(artifact: Path, wheels: list[Wheel], made: BuildFacts) -> str:
    """The document, as JSON; its serial number comes from all the rest."""
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": made.timestamp, "component": _artifact_component(artifact, made)},
        "components": [
            *(_package(artifact, wheel) for wheel in wheels),
            *_certificates(artifact, made),
        ],
        # Nothing else is in it; what the packages are made of is theirs to say.
        "compositions": [{"aggregate": "complete", "assemblies": [made.function]}],
    }
    content = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    serial = uuid.uuid5(uuid.NAMESPACE_OID, content)
    return json.dumps({**document, "serialNumber": f"urn:uuid:{serial}"}, indent=2) + "\n"


def digest(artifact: Path) -> str:
    """SHA-256 of what `sha256sum` says of each file, as `./path`, in the order of bytes."""
    names = [f"./{path.relative_to(artifact)}" for path in artifact.rglob("*") if path.is_file()]
    lines = [f"{_sha256(artifact / name)}  {name}\n" for name in sorted(names)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _artifact_component(artifact: Path, made: BuildFacts) -> Component:
    properties = {**made.properties, "files-sha256": digest(artifact)}
    return {
        "type": "application",
        "bom-ref": made.function,
        "name": made.function,
        "version": made.version,
        "licenses": [{"license": {"id": "MIT"}}],
        "purl": f"pkg:generic/secret-rotators/{made.function}@{made.version}",
        "properties": [
            {"name": f"secret-rotators:{name}", "value": value}
            for name, value in properties.items()
        ],
    }


def _package(artifact: Path, wheel: Wheel) -> Component:
    purl = f"pkg:pypi/{wheel.name}@{wheel.version}"
    component = {
        "type": "library",
        "bom-ref": purl,
        "name": wheel.name,
        "version": wheel.version,
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        "licenses": _licences(wheel),
        "purl": purl,
        "properties": [{"name": "secret-rotators:wheel", "value": wheel.filename}],
    }
    inside = [each for bill in _bills(wheel) for each in _libraries(bill, purl)]
    inside += [_shared_object(artifact, path, purl) for path in _shared_objects(artifact, wheel)]
    return {**component, "components": inside} if inside else component


def _bills(wheel: Wheel) -> list[Component]:
    """The bills of materials that the wheel carries of itself."""
    return [json.loads(path.read_text()) for path in sorted(wheel.info.glob("sboms/*.json"))]


def _libraries(bill: Component, within: str) -> list[Component]:
    """The libraries of other makers that the wheel says it has inside, for C has no wheels."""
    itself = bill["metadata"].get("component", {}).get("bom-ref", "")  # not all name themselves
    return [
        {
            "type": "library",
            "bom-ref": f"{within}#{each['purl']}",
            **{key: each[key] for key in ("name", "version", "purl")},
        }
        for each in sorted(bill["components"], key=lambda each: str(each["purl"]))
        if each.get("bom-ref") != itself
    ]


def _shared_objects(artifact: Path, wheel: Wheel) -> list[Path]:
    """The libraries of C that were put beside the package, as auditwheel does."""
    return sorted((artifact / f"{wheel.info.name.partition('-')[0]}.libs").glob("*"))


def _shared_object(artifact: Path, path: Path, within: str) -> Component:
    """One of them; with its version where it says one, for its maker's bill may not have it."""
    name = path.relative_to(artifact).as_posix()
    match = _VERSION.search(path.read_bytes())
    version = {"version": match[1].decode()} if match else {}
    return _file(f"{within}#{name}", name, path, version)


def _licences(wheel: Wheel) -> list[dict[str, Any]]:
    """What the package says: an expression, SPDX's name, its classifiers, or its own words."""
    licence = wheel.metadata.get("License", "")
    if expression := wheel.metadata.get("License-Expression"):
        return [{"expression": expression}]
    if licence in SPDX:
        return [{"license": {"id": licence}}]
    prefix = "License :: "
    classified = [
        each.rpartition(" :: ")[2]
        for each in wheel.metadata.get_all("Classifier", ())
        if each.startswith(prefix)
    ]
    return [{"license": {"name": name}} for name in classified or [licence or "not said"]]


def _certificates(artifact: Path, made: BuildFacts) -> list[Component]:
    """None where it has no TLS of its own."""
    if not (artifact / CERTIFICATES).is_file():
        return []
    description = f"Amazon RDS's certificate authorities, from {made.certificates_from}"
    more = {"description": description}
    return [_file(CERTIFICATES, CERTIFICATES, artifact / CERTIFICATES, more)]


def _file(reference: str, name: str, path: Path, more: Component) -> Component:
    hashes = [{"alg": "SHA-256", "content": _sha256(path)}]
    return {"type": "file", "bom-ref": reference, "name": name, **more, "hashes": hashes}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
