"""What lies in a distribution, as a document to be put into it (PEP 770).

The subject is the distribution, without hashes: a document can't hold the digest of the file that
it lies in. What other documents in the distribution state already is not said again.
"""

from __future__ import annotations

from dataclasses import replace

from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import Property
from workflow_sbom.python.components import assemblies, package_of, subject_of, unknown_of
from workflow_sbom.python.distribution import Distribution

INSIDE = "workflow:python:inside-subject"
NO_HASH = "this document lies in the file it describes, whose digest it can't hold"


def describe_inside(distribution: Distribution) -> Sbom:
    """The bill of materials of what is in a distribution, to lie in it; raises `ModelError`."""
    url = package_of(distribution)
    unknown = tuple(unknown_of(distribution, url))
    bare = replace(
        distribution, contents=replace(distribution.contents, libraries=(), documents=())
    )
    described = subject_of(bare, url, url)
    part = replace(
        described,
        component=replace(described.component, components=unknown),
        incomplete=described.incomplete or bool(unknown),
    )
    return Sbom(
        subject=part.component,
        dependencies=() if distribution.requires else (Dependency(url, ()),),
        compositions=(
            *assemblies([part]),
            Composition("incomplete" if distribution.requires else "complete", dependencies=(url,)),
        ),
        properties=(Property(INSIDE, NO_HASH),),
    )
