"""Laws of documents inside distributions: whatever they hold, parts or a fault come of it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Sbom
from workflow_sbom.python import embedded
from workflow_sbom.python.contents import Document

KEYS = [
    "bom-ref",
    "name",
    "type",
    "version",
    "purl",
    "hashes",
    "alg",
    "content",
    "licenses",
    "license",
    "id",
    "expression",
    "components",
    "externalReferences",
    "url",
    "ref",
    "dependsOn",
    "authors",
    "email",
    "scope",
    "SPDXID",
    "versionInfo",
    "checksums",
    "algorithm",
    "checksumValue",
    "externalRefs",
    "referenceType",
    "referenceLocator",
    "licenseDeclared",
    "copyrightText",
    "spdxElementId",
    "relationshipType",
    "relatedSpdxElement",
]
WORDS = ("library", "a", "SHA-256", "MIT", "pkg:pypi/a@1", "purl", "DESCRIBES", "SPDXRef-a", "")
SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS) | st.text(max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=30,
)
FIELDS = [
    "metadata",
    "components",
    "dependencies",
    "packages",
    "relationships",
    "documentDescribes",
    "compositions",
]
TABLES = st.builds(
    lambda head, rest: rest | head,
    st.sampled_from([{"bomFormat": "CycloneDX"}, {"spdxVersion": "SPDX-2.3"}]),
    st.dictionaries(st.sampled_from(FIELDS), VALUES),
)


@given(TABLES)
def test_parts_of_a_true_document_or_a_fault(table: dict[str, Any]) -> None:
    document = Document(path="a.dist-info/sboms/a", data=json.dumps(table).encode())
    stated = embedded.read("owner", [document])
    assert not (stated.faults and stated.components)
    subject = Component(ref="owner", kind="library", name="a", components=stated.components)
    Sbom(subject=subject, dependencies=stated.edges)
    assert stated.needs <= {each.ref for each in subject.walk()}
