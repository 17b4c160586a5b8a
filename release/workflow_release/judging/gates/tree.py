"""What the release is made from: a clean commit, its tag, and where that stands."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_release.judging.gates.interface import Fault, Prospect


def clean(prospect: Prospect) -> Iterator[Fault]:
    """The working tree is as committed: what is built is the commit, so other files would miss."""
    if not prospect.plan.source.clean:
        yield Fault(
            prospect.plan.source.commit[:12],
            "the working tree differs from the commit, and only the commit is built",
            "commit the changes or put them aside; git status lists them",
        )


def strict_tag(prospect: Prospect) -> Iterator[Fault]:
    """Every tag on the commit that looks like a version is one, and it names this version."""
    plan = prospect.plan
    for refused in plan.source.refused_tags:
        yield Fault(
            refused,
            "the tag looks like a version and is none, so nobody knows what it releases",
            "delete it and tag the commit like v1.2.3 or v1.2.3-rc.1",
        )
    tagged = plan.version.stable or plan.version.channel == "rc"
    tag = plan.source.tag
    if tagged and (tag is None or not _names(tag, str(plan.version))):
        yield Fault(
            str(plan.version),
            "no tag on the commit names this version" + (f", {tag} does not" if tag else ""),
            f"tag the commit with v{plan.version}",
        )


def _names(tag: str, version: str) -> bool:
    """Whether a tag is a prefix and the version; the prefix is not known here."""
    prefix = tag.removesuffix(version)
    return prefix != tag and not prefix.endswith((".", *"0123456789"))


def tag_on_main(prospect: Prospect) -> Iterator[Fault]:
    """A tag is in the first-parent history of the main branch, where releases are counted."""
    source = prospect.plan.source
    if source.tag is not None and not source.on_main:
        yield Fault(
            source.tag,
            "the tagged commit is not in the first-parent history of the main branch",
            "merge it to the main branch and tag the merge",
        )
