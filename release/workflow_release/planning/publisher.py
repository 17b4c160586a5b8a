"""Who publishes a repository's releases, and on what terms its bills of materials are passed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from workflow_sbom import texts
from workflow_sbom.tables import described

if TYPE_CHECKING:
    from workflow_sbom.model.document import Publication


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherTable:
    """Who makes and supplies what is released, and writes its bills of materials."""

    name: str = described("The publisher's name", pattern=r"\S(?:.*\S)?")
    url: str | None = described(
        "The publisher's web address", default=None, pattern=r"https?://\S+"
    )
    email: str | None = described("An address that is read", default=None)
    security: str | None = described(
        "Address of the security.txt (RFC 9116) that says how to report a vulnerability",
        default=None,
        pattern=r"https://\S+",
    )

    def __post_init__(self) -> None:
        """Raises `ModelError` for what can't stand in a document."""
        texts.require_line("the publisher's name", self.name)
        if self.email is not None:
            texts.require_email(self.email)
        for address in filter(None, (self.url, self.security)):
            texts.require_address(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomTable:
    """On what terms the bills of materials themselves are passed on."""

    data_licence: str | None = described(
        "Licence of the documents' own text, an SPDX expression (CC0-1.0 is the field's custom)",
        default=None,
    )
    sharing: Literal["CLEAR", "GREEN", "AMBER", "AMBER_AND_STRICT", "RED"] | None = described(
        "Who may see them, by the Traffic Light Protocol 2.0", default=None
    )

    def __post_init__(self) -> None:
        """Raises `ModelError` for what is no SPDX expression."""
        if self.data_licence is not None:
            from workflow_sbom.model.licence import SpdxLicence

            SpdxLicence(self.data_licence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who stands behind the documents of a release, as its configuration declares it."""

    publisher: PublisherTable | None = None
    sbom: SbomTable = SbomTable()

    @property
    def security(self) -> str | None:
        """Where the publisher's security.txt is."""
        return self.publisher.security if self.publisher else None

    def publication(self) -> Publication | None:
        """What the documents say of it; None where nothing is declared."""
        from workflow_sbom.model.document import Publication
        from workflow_sbom.model.licence import SpdxLicence

        if self == Standing():
            return None
        words = self.sbom.data_licence
        licence = SpdxLicence(words) if words is not None else None
        terms = Publication(licence=licence, sharing=self.sbom.sharing)
        return terms if self.publisher is None else _by(self.publisher, terms)


def _by(publisher: PublisherTable, terms: Publication) -> Publication:
    from workflow_sbom.model.parts import Contact, Organisation

    emails = (publisher.email,) if publisher.email else ()
    urls = (publisher.url,) if publisher.url else ()
    organisation = Organisation(publisher.name, emails, urls)
    author = Contact(publisher.name, publisher.email or "")
    return replace(terms, authors=(author,), supplier=organisation, manufacturer=organisation)
