"""SPDX documents as the SPDX project's own Python tools judge them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spdx_tools.spdx.model.document import Document
from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document


def parsed(content: bytes) -> Document:
    """Read with `spdx-tools`; raises what it raises."""
    parser: Any = JsonLikeDictParser
    document: Document = parser().parse(json.loads(content))
    return document


def faults(content: bytes) -> list[str]:
    """What the full validation of `spdx-tools` says against a document."""
    try:
        document = parsed(content)
    except SPDXParsingError as error:
        return list(map(str, error.messages))
    return [each.validation_message for each in validate_full_spdx_document(document)]


def relations(document: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """The relationships as triples, without what every SPDXID here begins with."""
    return {
        (
            each["spdxElementId"].removeprefix("SPDXRef-").removeprefix("Package-"),
            each["relationshipType"],
            each["relatedSpdxElement"].removeprefix("SPDXRef-").removeprefix("Package-"),
        )
        for each in document["relationships"]
    }
