"""Lists in pages, tied by `Link` headers (distribution specification 1.1): bounded, never twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from workflow_containers.errors import LayoutError, RegistryError
from workflow_containers.network.interface import Request, Transport
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.reference import is_tag
from workflow_containers.registry import addresses, answers

MAX_PAGES = 1000
MAX_ITEMS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, and where the next is."""

    media_type: str
    value: Any
    following: str | None


def page(transport: Transport, url: str, what: str, absent: Collection[int] = ()) -> Page | None:
    """Ask for a page; None when the answer's status is one of `absent`."""
    request = Request(method="GET", url=url, headers={"Accept": "application/json, */*;q=0.5"})
    with transport(request) as response:
        if response.status in absent:
            return None
        if response.status != 200:
            raise answers.refusal(response, what)
        link = answers.next_page(response)
        return Page(
            media_type=answers.media_type(response),
            value=answers.document(response, what),
            following=None if link is None else addresses.followed(response.url, link),
        )


def after(transport: Transport, first: Page, what: str) -> Iterator[Page]:
    """A page and those after it; raises `RegistryError` for pages without end."""
    seen: set[str] = set()
    current: Page | None = first
    while current is not None:
        yield current
        url = current.following
        if url is None:
            return
        if url in seen or len(seen) >= MAX_PAGES:
            raise _endless(what)
        seen.add(url)
        current = page(transport, url, what)


def items(pages: Iterator[Page], key: str, what: str) -> Iterator[Any]:
    """The items of every page's list under a key; raises `RegistryError`."""
    count = 0
    for each in pages:
        found = each.value.get(key) if isinstance(each.value, dict) else None
        listed = [] if found is None else found
        if not isinstance(listed, list):
            raise RegistryError(f"{what}: no list", remedy="ask the registry's operator")
        count += len(listed)
        if count > MAX_ITEMS:
            raise _endless(what)
        yield from listed


def tag(value: object, what: str) -> str:
    """A tag; raises `RegistryError` for what is none."""
    if not isinstance(value, str) or not is_tag(value):
        raise RegistryError(f"{what}: one that is no tag", remedy="ask the registry's operator")
    return value


def descriptor(value: object, what: str) -> Descriptor:
    """A descriptor; raises `RegistryError` for what is none."""
    try:
        return Descriptor.read(value, what)
    except LayoutError as error:
        raise RegistryError(str(error), remedy="ask the registry's operator") from error


def _endless(what: str) -> RegistryError:
    return RegistryError(
        f"{what}: a list of more than {MAX_ITEMS} items or {MAX_PAGES} pages, or one in a circle",
        remedy="ask the registry's operator",
    )
