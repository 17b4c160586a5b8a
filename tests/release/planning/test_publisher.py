from __future__ import annotations

import pytest

from workflow_release.errors import ConfigError
from workflow_release.planning import config
from workflow_release.planning.publisher import PublisherTable, SbomTable, Standing
from workflow_sbom.model.document import Publication
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import Contact, Organisation

TEXT = """
[publisher]
name = "The team"
url = "https://example.org/"
email = "team@example.org"
security = "https://example.org/.well-known/security.txt"

[sbom]
data-licence = "CC0-1.0"
sharing = "CLEAR"
"""


def standing(text: str) -> Standing:
    read = config.parse(text)
    return Standing(publisher=read.publisher, sbom=read.sbom)


def test_what_is_declared_stands_behind_the_documents() -> None:
    team = Organisation("The team", ("team@example.org",), ("https://example.org/",))
    found = standing(TEXT)
    assert found.security == "https://example.org/.well-known/security.txt"
    assert found.publication() == Publication(
        authors=(Contact("The team", "team@example.org"),),
        supplier=team,
        manufacturer=team,
        licence=SpdxLicence("CC0-1.0"),
        sharing="CLEAR",
    )


def test_a_name_is_enough() -> None:
    found = standing('[publisher]\nname = "The team"\n').publication()
    team = Organisation("The team")
    assert found == Publication(authors=(Contact("The team"),), supplier=team, manufacturer=team)


def test_terms_stand_without_a_publisher() -> None:
    found = standing('[sbom]\ndata-licence = "CC0-1.0"\n')
    assert found.publication() == Publication(licence=SpdxLicence("CC0-1.0"))
    assert found.security is None


def test_nothing_declared_is_nothing_said() -> None:
    assert standing("") == Standing(publisher=None, sbom=SbomTable())
    assert standing("").publication() is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[publisher]\n", "publisher.name: missing"),
        ('[publisher]\nname = " "\n', "publisher.name: ' ' does not match"),
        ('[publisher]\nname = "a\\u001bb"\n', "publisher: the publisher's name"),
        ('[publisher]\nname = "a"\nemail = "nobody"\n', "publisher: 'nobody' is no e-mail"),
        ('[publisher]\nname = "a"\nurl = "example.org"\n', "publisher.url: 'example.org' does"),
        ('[publisher]\nname = "a"\nurl = "https://é.org"\n', "publisher: 'https://é.org' is no"),
        ('[publisher]\nname = "a"\nsecurity = "mailto:a@b.c"\n', "publisher.security: 'mailto:"),
        ('[sbom]\ndata-licence = "CC0"\n', "sbom: 'CC0' is no SPDX licence expression"),
        ('[sbom]\nsharing = "WHITE"\n', "sbom.sharing: 'WHITE' is not one of the choices"),
    ],
)
def test_what_can_not_stand_in_a_document_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse(text)
    assert caught.value.message.startswith(f"release.toml: {fault}")


def test_the_table_can_be_made_by_hand() -> None:
    assert PublisherTable(name="a").url is None
