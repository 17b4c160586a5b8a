"""Where things are in a registry (distribution specification 1.1), and where its answers lead.

Names go into addresses only as checked values, and a registry's own addresses are resolved as
RFC 3986 says, never pieced together.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from workflow_containers.errors import RegistryError
from workflow_containers.oci.reference import Reference, Repository
from workflow_sbom.digest import Digest
from workflow_sbom.printable import printable

_LONGEST = 8192
_SCHEMES = {"http", "https"}


def base(repository: Repository) -> str:
    """A repository's own address, with a final slash."""
    return f"https://{repository.registry}/v2/{repository.path}/"


def manifest(reference: Reference) -> str:
    """A manifest by digest, else by tag."""
    return f"{base(reference.repository)}manifests/{reference.selector}"


def blob(repository: Repository, digest: Digest) -> str:
    """A blob."""
    return f"{base(repository)}blobs/{digest}"


def uploads(repository: Repository, **query: str) -> str:
    """Where uploads begin."""
    return with_query(f"{base(repository)}blobs/uploads/", **query)


def tags(repository: Repository, *, page: int) -> str:
    """The list of tags, so many at a time."""
    return with_query(f"{base(repository)}tags/list", n=str(page))


def referrers(repository: Repository, digest: Digest) -> str:
    """What refers to a manifest."""
    return f"{base(repository)}referrers/{digest}"


def with_query(url: str, **query: str) -> str:
    """The address with more parameters; those it has are kept as they are written."""
    parts = urlsplit(url)
    return parts._replace(query="&".join(filter(None, (parts.query, urlencode(query))))).geturl()


def parameter(url: str, name: str) -> str | None:
    """A parameter of an address."""
    return dict(parse_qsl(urlsplit(url).query)).get(name)


def followed(url: str, location: str) -> str:
    """Where an answer from `url` leads; raises `RegistryError` for what nobody should follow.

    A registry behind a proxy that ends TLS may name itself by http: that is taken as https. To any
    other host https never falls back to http, and names with credentials in them are refused.
    """
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, location.strip()))
        same = (there.hostname, there.port or 0) == (here.hostname, here.port or 0)
    except ValueError as error:
        raise _misleading(url, location) from error
    if (
        len(location) > _LONGEST or not location.strip().isprintable() or " " in location.strip()
        or there.scheme not in _SCHEMES or not there.hostname or "@" in there.netloc
    ):  # fmt: skip
        raise _misleading(url, location)
    if here.scheme == "https" and there.scheme == "http":
        if not same:
            raise _misleading(url, location)
        there = there._replace(scheme="https")
    return there._replace(fragment="").geturl()


def _misleading(url: str, location: str) -> RegistryError:
    host = urlsplit(url).netloc
    return RegistryError(
        f"{printable(host)} leads to '{printable(location[:120])}', which is not followed",
        remedy="ask the registry's operator; it may stand behind a proxy that is set up wrongly",
    )
