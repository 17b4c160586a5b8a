"""Where things are in a registry (distribution specification 1.1), and where its answers lead.

Names go into addresses only as checked values, and a registry's own addresses are resolved as
RFC 3986 says, never pieced together.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from workflow_containers.network.address import Address
from workflow_containers.network.redirecting import followed as where_it_leads
from workflow_containers.oci.reference import Reference, Repository
from workflow_sbom.digest import Digest


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


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one scheme, host and port."""
    return Address.parse(one).origin == Address.parse(other).origin


def followed(url: str, location: str) -> str:
    """Where an answer from `url` leads; raises `RegistryError` for where nobody may be sent."""
    return where_it_leads(Address.parse(url), location).url
