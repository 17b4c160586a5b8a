"""Bills of materials inside distributions (PEP 770), read in as parts of them.

CycloneDX JSON and SPDX 2 JSON are read, by what they state and no more: the subject of a document
is the distribution it lies in, whatever it is called there; components are parts of it and keep
their edges. What a document says that can't be true of a component (a hash that is none) is left
out of it. A document that can't be read at all is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError, ModelError
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Dependency
from workflow_sbom.python import embedded_cyclonedx, embedded_spdx
from workflow_sbom.python.contents import MAX_DOCUMENT, Document
from workflow_sbom.python.stating import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the documents of one distribution state of its inside.

    `needs` are what the distribution itself needs of its parts. `faults` say of each document that
    could not be read, by its path, why.
    """

    components: tuple[Component, ...] = ()
    edges: tuple[Dependency, ...] = ()
    needs: frozenset[str] = frozenset()
    faults: tuple[tuple[str, str], ...] = ()


def read(owner: str, documents: Iterable[Document]) -> Stated:
    """Read all documents of the distribution whose reference is `owner`.

    References in them get the owner's and the document's name in front, for they are unique in
    their document alone.
    """
    components: list[Component] = []
    edges: list[Dependency] = []
    needs: set[str] = set()
    faults: list[tuple[str, str]] = []
    for document in documents:
        try:
            found, graph = _document(f"{owner}#{document.name}", document)
        except (DocumentError, ModelError) as error:
            faults.append((document.path, " ".join(str(error).split())[:200]))
            continue
        components += found
        needs |= graph.pop(None, set())
        edges += [
            Dependency(ref, tuple(sorted(targets)))
            for ref, targets in sorted(graph.items(), key=str)
            if ref is not None
        ]
    return Stated(
        components=tuple(components),
        edges=tuple(edges),
        needs=frozenset(needs),
        faults=tuple(faults),
    )


def _document(prefix: str, document: Document) -> tuple[list[Component], Graph]:
    """The parts and the graph of a document; None stands for the distribution in it."""
    if len(document.data) > MAX_DOCUMENT:
        raise DocumentError(f"more than {MAX_DOCUMENT} bytes")
    table = canonical.decode(document.data, limit=MAX_DOCUMENT)
    match table:
        case {"bomFormat": "CycloneDX"}:
            return embedded_cyclonedx.read(prefix, table)
        case {"spdxVersion": str(version)} if version.startswith("SPDX-2."):
            return embedded_spdx.read(prefix, table)
        case _:
            raise DocumentError("neither CycloneDX nor SPDX 2, in JSON")
