"""What a token must allow: scopes of the token specification of the distribution project.

A scope is `type:name:action,action`; for a repository the actions are `pull`, `push` and `delete`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs

from workflow_containers.network.address import Address

_REPOSITORY = re.compile(r"/v2/(.+)/(?:blobs|manifests|tags|referrers)/[^?]*", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9._/-]{0,254}", re.ASCII)
_ACTIONS = {"GET": "pull", "HEAD": "pull", "DELETE": "delete,pull"}


def needed(method: str, address: Address) -> tuple[str, ...]:
    """The scopes that a request to a registry needs; none for what is of no repository.

    A blob that is mounted from another repository (`from=`) must be pulled from there.
    """
    path, _, query = address.target.partition("?")
    found = _REPOSITORY.fullmatch(path)
    if found is None:
        return ()
    wanted = [f"repository:{found[1]}:{_ACTIONS.get(method, 'pull,push')}"]
    if method == "POST":
        sources = parse_qs(query, max_num_fields=20).get("from", [])
        wanted += [f"repository:{name}:pull" for name in sources[:1] if _NAME.fullmatch(name)]
    return union(wanted)


def union(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes together: one a resource with all its actions, sorted."""
    actions: dict[str, set[str]] = {}
    for scope in scopes:
        resource, _, listed = scope.rpartition(":")
        actions.setdefault(resource, set()).update(listed.split(","))
    return tuple(sorted(f"{name}:{','.join(sorted(acts))}" for name, acts in actions.items()))
