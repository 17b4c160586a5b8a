"""The fields that the field asks of a bill of materials, row by row, over our CycloneDX documents.

NTIA 2021, CISA 2025 (draft), BSI TR-03183-2 v2.1, CISA Framing (3rd edition), sbomqs and the SCVS
and CRA rules ask for them. Each row says where the field is, or why it has no true value:

| Row | Where | Without a true value |
|---|---|---|
| specification, serial, timestamp | `specVersion` 1.7, UUIDv5, the commit's time in UTC | |
| tool and version | `metadata.tools.components[]` | its hash: a program can't vouch for its file |
| SBOM author | `metadata.authors[]`, `metadata.manufacturer` | |
| producer | `metadata.supplier` | |
| generation context | `metadata.lifecycles[].phase` | |
| data licence, sharing | `metadata.licenses`, `metadata.distributionConstraints.tlp` | |
| primary component | `metadata.component` with a purl | |
| name, version | every component | version: a file has none, nor has a folder of Go |
| component creator | `supplier`, `manufacturer`, `authors` | what only a lock names |
| identifiers | `purl` | a file or a bundled library is known by its bytes; no CPE is guessed |
| artefact hash | `hashes` of a file, on `distribution` of a package | Go's `h1:` is a property |
| licence | `licenses`, declared | images; what no bytes declare; nothing is concluded |
| file properties | `bsi:component:*` of every subject that is a file | packages are logical |
| distribution, source | `externalReferences` with the hashes, with the commit | |
| security.txt | `rfc-9116` where the publisher has one | this repository has none |
| graph with leaves | `dependencies[].dependsOn` | Go's linker does not record it: unknown |
| completeness | `compositions[]` of every component's needs, and of the subject's parts | |
| copyright | `copyright` | where no licence file states one |
| signature | DSSE over the document, beside it | not inside: it is signed as it stands |
| scope | every component of a package manager | files and images are simply there |
| evidence | `evidence` where bytes told what a component is | metadata is believed as declared |
| build | `formulation` of a user interface | what else built is in the provenance |
| claims, field provenance | nowhere | `declarations`, `citations`: the provenance is signed |
| VEX | nowhere | a document of its own, for it changes after the release |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
COMMIT = re.compile(r"git\+https://[^@]+@[0-9a-f]{40}")
PLACEHOLDER = re.compile(
    r"\s*|n/?a|none|null|todo|tbd|unknown|noassertion|undefined|\?+", re.IGNORECASE
)
FILES = {"archive": ("archive", "structured"), "program": ("archive", "unstructured")}


def faults(document: Document) -> list[str]:
    """Every row that a document of ours does not hold."""
    return [f"{row.__name__.replace('_', ' ')}: {fault}" for row in ROWS for fault in row(document)]


def parts(document: Document) -> Iterator[Document]:
    """Every component, nested included, the subject's parts too; not the subject, nor tools."""
    yield from _nested(document["metadata"]["component"])
    for each in document["components"]:
        yield each
        yield from _nested(each)


def _nested(component: Document) -> Iterator[Document]:
    for each in component.get("components", ()):
        yield each
        yield from _nested(each)


def described(document: Document) -> Iterator[Document]:
    """The parts that are described; one named where it lies is described elsewhere."""
    return (each for each in parts(document) if " in " not in each["bom-ref"])


def subject(document: Document) -> Document:
    found: Document = document["metadata"]["component"]
    return found


def is_file(component: Document) -> bool:
    return str(component["bom-ref"]).startswith("artifact:")


def specification(document: Document) -> Iterator[str]:
    if document["specVersion"] != "1.7":
        yield f"it is {document['specVersion']}"
    if not SERIAL.fullmatch(document.get("serialNumber", "")):
        yield "no serial number of the content"
    if not TIME.fullmatch(document["metadata"].get("timestamp", "")):
        yield "no time in UTC"


def tool(document: Document) -> Iterator[str]:
    for each in document["metadata"]["tools"]["components"]:
        for field in ("name", "version", "supplier", "licenses", "externalReferences"):
            if not each.get(field):
                yield f"no {field}"


def who_stands_behind(document: Document) -> Iterator[str]:
    metadata = document["metadata"]
    for field in ("authors", "manufacturer", "supplier", "lifecycles", "licenses"):
        if not metadata.get(field):
            yield f"no metadata.{field}"
    maker = metadata.get("manufacturer", {})
    if not maker.get("contact") and not maker.get("url"):
        yield "the manufacturer can't be reached"
    if not metadata.get("distributionConstraints", {}).get("tlp"):
        yield "no sharing"


def primary_component(document: Document) -> Iterator[str]:
    for field in ("name", "version", "purl", "supplier", "manufacturer"):
        if not subject(document).get(field):
            yield f"no {field}"


def name_and_version(document: Document) -> Iterator[str]:
    for each in described(document):
        if not each.get("version") and each["type"] != "file" and each.get("purl"):
            yield f"{each['bom-ref']} has no version"


def component_creator(document: Document) -> Iterator[str]:
    for each in (subject(document), *described(document)):
        purl = str(each.get("purl", ""))
        if is_file(each) and not (each.get("supplier") and each.get("manufacturer")):
            yield f"{each['bom-ref']} has no maker"
        if purl.startswith("pkg:deb/") and not each.get("supplier"):
            yield f"{each['bom-ref']} has no supplier"


def licence(document: Document) -> Iterator[str]:
    """Of what a release makes; an image has no licence of its own, nor has a program's archive."""
    for each in (subject(document), *described(document)):
        ours = is_file(each) and str(each.get("purl", "")).startswith("pkg:pypi/")
        if ours and not each.get("licenses"):
            yield f"{each['bom-ref']} declares none"


def identifiers(document: Document) -> Iterator[str]:
    for each in described(document):
        by_bytes = each["type"] == "file" or each.get("hashes")
        if not each.get("purl") and not by_bytes and each["type"] != "operating-system":
            yield f"{each['bom-ref']} has no purl"


def artefact_hash(document: Document) -> Iterator[str]:
    files = [each for each in (subject(document), *described(document)) if is_file(each)]
    for each in files:
        algorithms = {each["alg"] for each in each.get("hashes", ())}
        if not {"SHA-256", "SHA-512"} <= algorithms and each.get("purl", "")[:8] != "pkg:oci/":
            yield f"{each['bom-ref']} has {sorted(algorithms)}"


def file_properties(document: Document) -> Iterator[str]:
    for each in (subject(document), *described(document)):
        told = {entry["name"]: entry["value"] for entry in each.get("properties", ())}
        if is_file(each):
            name = each["bom-ref"].removeprefix("artifact:")
            if told.get("bsi:component:filename") != name:
                yield f"{each['bom-ref']} is not named"
            sort = (told.get("bsi:component:archive"), told.get("bsi:component:structured"))
            if sort not in FILES.values() or "bsi:component:executable" not in told:
                yield f"{each['bom-ref']} is {sort}"


def where_it_is_and_what_it_was_made_from(document: Document) -> Iterator[str]:
    for each in (subject(document), *described(document)):
        if not is_file(each) and each is not subject(document):
            continue
        references = each.get("externalReferences", ())
        if not any(ref["type"] == "vcs" and COMMIT.fullmatch(ref["url"]) for ref in references):
            yield f"{each['bom-ref']} names no commit"
        there = [ref for ref in references if ref["type"] == "distribution"]
        if is_file(each) and not any(ref.get("hashes") for ref in there):
            yield f"{each['bom-ref']} can't be compared with what is distributed"


def graph(document: Document) -> Iterator[str]:
    stated = {each["ref"] for each in document.get("dependencies", ())}
    for each in document.get("dependencies", ()):
        if "dependsOn" not in each:
            yield f"{each['ref']} has no dependsOn"
    for ref in {each["bom-ref"] for each in (subject(document), *described(document))} - stated:
        if ref not in _said(document, "dependencies", "incomplete", "unknown"):
            yield f"{ref} is not in the graph, and nothing says that its needs are unknown"


def completeness(document: Document) -> Iterator[str]:
    needs = [ref for each in document["compositions"] for ref in each.get("dependencies", ())]
    refs = {each["bom-ref"] for each in (subject(document), *described(document))}
    for ref in sorted(refs - set(needs)):
        yield f"nothing is said of what {ref} needs"
    if len(needs) != len(set(needs)):
        yield "two things are said of one component"
    if subject(document)["bom-ref"] not in _said(
        document, "assemblies", "complete", "incomplete", "unknown"
    ):
        yield "nothing is said of the subject's parts"


def _said(document: Document, of: str, *kinds: str) -> set[str]:
    stated = (each for each in document["compositions"] if each["aggregate"] in kinds)
    return {ref for each in stated for ref in each.get(of, ())}


def scope(document: Document) -> Iterator[str]:
    for each in described(document):
        managed = str(each.get("purl", "")).startswith(("pkg:pypi/", "pkg:npm/", "pkg:deb/"))
        if managed and not is_file(each) and not each.get("scope"):
            yield f"{each['bom-ref']} has no scope"


def no_placeholder(document: Document) -> Iterator[str]:
    """No text that only fills a place, nothing empty; an empty `dependsOn` says "nothing"."""
    return _placeholders(document, "")


def _placeholders(value: Any, path: str) -> Iterator[str]:
    name = path.rsplit(".", 1)[-1]
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _placeholders(item, f"{path}.{key}")
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _placeholders(item, f"{path}[{at}]")
    elif isinstance(value, str) and PLACEHOLDER.fullmatch(value) and name != "aggregate":
        yield f"{path} is {value!r}"
    if value in ("", [], {}) and name not in {"dependsOn", "value"} and path != ".components":
        yield f"{path} is empty"


ROWS: tuple[Callable[[Document], Iterator[str]], ...] = (
    specification,
    tool,
    who_stands_behind,
    primary_component,
    name_and_version,
    component_creator,
    licence,
    identifiers,
    artefact_hash,
    file_properties,
    where_it_is_and_what_it_was_made_from,
    graph,
    completeness,
    scope,
    no_placeholder,
)
