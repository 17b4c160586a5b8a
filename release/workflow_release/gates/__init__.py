"""The gates of a release. A stable release passes all of them, a pre-release those for `every`."""

from __future__ import annotations

from workflow_release.gates import completeness, tree, version
from workflow_release.gates.interface import Gate

GATES: tuple[Gate, ...] = (
    Gate(name="clean-tree", concerns="every", check=tree.clean),
    Gate(name="strict-tag", concerns="every", check=tree.strict_tag),
    Gate(name="tag-on-main", concerns="every", check=tree.tag_on_main),
    Gate(name="unreleased", concerns="every", check=version.unreleased),
    Gate(name="unoccupied", concerns="every", check=version.unoccupied),
    Gate(name="publishable", concerns="every", check=version.publishable),
    Gate(name="complete", concerns="every", check=completeness.complete),
    Gate(name="described", concerns="every", check=completeness.described),
)
