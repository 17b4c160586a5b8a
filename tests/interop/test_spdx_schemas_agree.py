"""Our schema of SPDX 2.3 and the SPDX project's own refuse the same documents."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support import spdx_schema
from workflow_sbom.formats.schemas import faults

CHECKSUM = {"algorithm": "SHA256", "checksumValue": "00"}
NOTE = {
    "annotationDate": "2026-01-02T03:04:05Z",
    "annotationType": "REVIEW",
    "annotator": "Person: x",
    "comment": "x",
}
COMMON = {
    "annotations": [NOTE],
    "attributionTexts": ["x"],
    "comment": "x",
    "copyrightText": "x",
    "licenseComments": "x",
    "licenseConcluded": "MIT",
}
PACKAGE = COMMON | {
    "SPDXID": "SPDXRef-package",
    "builtDate": "2026-01-02T03:04:05Z",
    "checksums": [CHECKSUM],
    "description": "x",
    "downloadLocation": "NOASSERTION",
    "externalRefs": [
        {
            "comment": "x",
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceLocator": "pkg:pypi/x@1",
            "referenceType": "purl",
        }
    ],
    "filesAnalyzed": True,
    "hasFiles": ["SPDXRef-file"],
    "homepage": "https://x.test",
    "licenseDeclared": "MIT",
    "licenseInfoFromFiles": ["MIT"],
    "name": "x",
    "originator": "Person: x",
    "packageFileName": "x",
    "packageVerificationCode": {
        "packageVerificationCodeExcludedFiles": ["x"],
        "packageVerificationCodeValue": "x",
    },
    "primaryPackagePurpose": "LIBRARY",
    "releaseDate": "2026-01-02T03:04:05Z",
    "sourceInfo": "x",
    "summary": "x",
    "supplier": "Organization: x",
    "validUntilDate": "2026-01-02T03:04:05Z",
    "versionInfo": "1",
}
FILE = COMMON | {
    "SPDXID": "SPDXRef-file",
    "artifactOfs": [{"anything": 1}],
    "checksums": [CHECKSUM],
    "fileContributors": ["x"],
    "fileDependencies": ["x"],
    "fileName": "x",
    "fileTypes": ["SOURCE"],
    "licenseInfoInFiles": ["MIT"],
    "noticeText": "x",
}
POINTER = {"reference": "SPDXRef-file", "offset": 1, "lineNumber": 1}
SNIPPET = COMMON | {
    "SPDXID": "SPDXRef-snippet",
    "licenseInfoInSnippets": ["MIT"],
    "name": "x",
    "ranges": [{"endPointer": POINTER, "startPointer": POINTER}],
    "snippetFromFile": "SPDXRef-file",
}
LICENCE = {
    "comment": "x",
    "crossRefs": [
        {
            "isLive": True,
            "isValid": True,
            "isWayBackLink": True,
            "match": "x",
            "order": 0,
            "timestamp": "x",
            "url": "https://x.test",
        }
    ],
    "extractedText": "x",
    "licenseId": "LicenseRef-x",
    "name": "x",
    "seeAlsos": ["x"],
}
EVERYTHING: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "annotations": [NOTE],
    "comment": "x",
    "creationInfo": {
        "comment": "x",
        "created": "2026-01-02T03:04:05Z",
        "creators": ["Tool: x"],
        "licenseListVersion": "3.25",
    },
    "dataLicense": "CC0-1.0",
    "documentDescribes": ["SPDXRef-package"],
    "documentNamespace": "https://x.test/1",
    "externalDocumentRefs": [
        {"checksum": CHECKSUM, "externalDocumentId": "DocumentRef-x", "spdxDocument": "x"}
    ],
    "files": [FILE],
    "hasExtractedLicensingInfos": [LICENCE],
    "name": "x",
    "packages": [PACKAGE],
    "relationships": [
        {
            "comment": "x",
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relatedSpdxElement": "SPDXRef-package",
            "relationshipType": "DESCRIBES",
        }
    ],
    "revieweds": [{"comment": "x", "reviewDate": "2026-01-02T03:04:05Z", "reviewer": "x"}],
    "snippets": [SNIPPET],
}


def changed(document: Any) -> Iterator[Any]:
    """The document with one thing otherwise: a member left out or added, a value of another kind
    or not among the choices, a list empty."""
    values: list[Any] = [None, "?", 1, True, [], {}, [1], ["?"], ...]
    for place in [*_places(document, ())]:
        for value in values:
            other = copy.deepcopy(document)
            holder = other
            for step in place[:-1]:
                holder = holder[step]
            if value is not ...:
                holder[place[-1]] = value
            elif isinstance(holder, dict):
                del holder[place[-1]]
                holder["unknown"] = 1
            yield other
            if value is ... and isinstance(holder, dict):
                del holder["unknown"]
                yield other


def _places(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        yield (*place, key)
        if isinstance(item, (dict, list)):
            yield from _places(item, (*place, key))


def test_the_two_agree_on_every_change_of_a_document_with_everything(tmp_path: Path) -> None:
    official = spdx_schema.fetched(tmp_path)
    assert official.is_valid(EVERYTHING)
    assert faults(EVERYTHING) == ()
    refused = 0
    for document in changed(EVERYTHING):
        if document.get("spdxVersion") == "SPDX-2.3":  # another is none that we read
            valid = official.is_valid(document)
            assert (faults(document) == ()) is valid
            refused += not valid
    assert refused > 1000
