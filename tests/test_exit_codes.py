"""One exit code a kind of error, over all three packages of the toolkit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import workflow_containers.errors
import workflow_release.errors
import workflow_sbom.errors
from workflow_containers.errors import ContainersError
from workflow_release.errors import ReleaseError
from workflow_sbom.errors import SbomError, ToolkitError
from workflow_sbom.terminal.faults import INTERNAL_FAULT
from workflow_sbom.terminal.session import BROKEN_PIPE

RANGES: dict[type[ToolkitError], range] = {
    SbomError: range(40, 60),
    ContainersError: range(20, 40),
    ReleaseError: range(1, 20),
}
MODULES = (workflow_sbom.errors, workflow_containers.errors, workflow_release.errors)


def kinds(base: type[ToolkitError]) -> Iterator[type[ToolkitError]]:
    for kind in base.__subclasses__():
        if kind.__module__ in {module.__name__ for module in MODULES}:  # others are told as these
            yield kind
            yield from kinds(kind)


def test_an_exit_code_tells_one_kind_of_error() -> None:
    found = defaultdict(set)
    for kind in kinds(ToolkitError):
        found[kind.exit_code].add(kind.__name__)
    assert {code: names for code, names in found.items() if len(names) > 1} == {}
    assert found.keys().isdisjoint({0, 130, INTERNAL_FAULT, BROKEN_PIPE})


def test_each_package_has_a_range_of_its_own() -> None:
    for base, codes in RANGES.items():
        outside = [kind.__name__ for kind in (base, *kinds(base)) if kind.exit_code not in codes]
        assert outside == []


def test_every_kind_stands_in_the_tree_of_its_package_with_its_code() -> None:
    for kind in kinds(ToolkitError):
        tree = next(m for m in MODULES if m.__name__ == kind.__module__).__doc__ or ""
        lines = [line for line in tree.splitlines() if kind.__name__ in line.split()]
        assert len(lines) == 1, kind
        assert str(kind.exit_code) in lines[0].split(), kind
