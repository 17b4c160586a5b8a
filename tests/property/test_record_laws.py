"""A record is read back as it was written, whatever the release holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import releases
from workflow_containers.oci.reference import Namespace
from workflow_containers.platform import Platform
from workflow_release.attesting import bundle, record, sums
from workflow_release.attesting.dsse import Envelope
from workflow_release.attesting.record import Built, Entry, Release
from workflow_release.attesting.sums import Sum
from workflow_release.model import (
    Change,
    DirectoryTarget,
    GoBinary,
    Image,
    Lock,
    Plan,
    Recipe,
    RegistryTarget,
    Sdist,
    Source,
    UiBundle,
    Wheel,
)
from workflow_release.version import Version
from workflow_sbom.digest import Digest

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
words = st.lists(texts, max_size=3).map(tuple)
digests = st.binary(min_size=32, max_size=32).map(lambda data: Digest(data.hex()))
paths = texts.map(PurePosixPath)
path_lists = st.lists(paths, max_size=2).map(tuple)
platforms = st.sampled_from([Platform("linux", "amd64"), Platform("linux", "arm64")])
numbers = st.integers(0, 2**53 - 1)
versions = st.builds(
    lambda major, minor, patch, channel, number: Version(
        major=major, minor=minor, patch=patch, channel=channel, number=number if channel else 0
    ),
    numbers, numbers, numbers, st.sampled_from([None, "dev", "rc"]), numbers,
)  # fmt: skip
offsets = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.builds(datetime.fromtimestamp, st.integers(0, 2**32), offsets)
recipes: st.SearchStrategy[Recipe] = st.one_of(
    st.builds(Sdist, distribution=texts, project=paths, inputs=path_lists),
    st.builds(Wheel, distribution=texts, project=paths, check=words),
    st.builds(UiBundle, name=texts, project=paths, inputs=path_lists),
    st.builds(
        Image,
        name=texts,
        definition=paths,
        platforms=st.lists(platforms, max_size=2).map(tuple),
        wheels=words,
        bundles=words,
    ),
    st.builds(
        GoBinary,
        name=texts,
        project=paths,
        package=texts,
        variable=texts,
        platform=platforms,
        check=words,
        inputs=path_lists,
    ),
)
sources = st.builds(
    Source,
    commit=texts,
    committed_at=instants,
    tag=st.none() | texts,
    refused_tags=words,
    branch=st.none() | texts,
    on_main=st.booleans(),
    clean=st.booleans(),
    repository=st.none() | texts,
)
changes = st.builds(
    Change, commit=texts, kind=texts, scope=st.none() | texts, breaking=st.booleans(), summary=texts
)
targets = st.builds(DirectoryTarget, path=paths) | st.builds(
    RegistryTarget,
    namespace=st.sampled_from(["ghcr.io/o", "127.0.0.1:5000", "r.test/a/b"]).map(Namespace.parse),
    images=st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), max_size=2).map(tuple),
    moving=st.booleans(),
)
plans = st.builds(
    Plan,
    name=texts,
    version=versions,
    source=sources,
    previous=st.none() | versions,
    released=st.lists(versions, max_size=3).map(tuple),
    changes=st.lists(changes, max_size=3).map(tuple),
    recipes=st.lists(recipes, min_size=1, max_size=4).map(tuple),
    targets=st.lists(targets, max_size=3).map(tuple),
)
stems = st.from_regex(r"[a-z0-9]([a-z0-9._+~-]{0,20}[a-z0-9])?", fullmatch=True)
sizes = st.integers(0, 2**63)


@st.composite
def made_releases(draw: st.DrawFn) -> Release:
    plan = draw(plans)
    found = sorted(draw(st.sets(stems, min_size=1, max_size=4)))
    artifacts = tuple(
        Built(
            name=f"{stem}.whl",
            media_type=draw(texts),
            size=draw(sizes),
            digest=draw(digests),
            recipe=draw(st.sampled_from([recipe.id for recipe in plan.recipes])),
            platforms=draw(st.lists(platforms, max_size=2).map(tuple)),
            locks=draw(
                st.lists(st.builds(Lock, name=texts, digest=digests), max_size=2).map(tuple)
            ),
            index=draw(st.none() | digests),
            sbom=Entry(
                name=f"{stem}.whl.cdx.json", media_type="x", size=draw(sizes), digest=draw(digests)
            ),
        )
        for stem in found
    )
    sample = releases.make().release
    gates, undecided = draw(words), draw(words)
    return replace(sample, plan=plan, artifacts=artifacts, gates=gates, undecided=undecided)


@settings(max_examples=150, deadline=None)
@given(made_releases())
def test_a_record_is_read_back_as_it_was_written(release: Release) -> None:
    data = record.render(release)
    assert record.parse(data) == release
    assert record.render(record.parse(data)) == data


@given(st.dictionaries(stems, digests, max_size=6))
def test_sums_are_read_back_as_they_were_written(table: dict[str, Digest]) -> None:
    listed = tuple(Sum(name, table[name]) for name in sorted(table))
    assert sums.parse(sums.render(reversed(listed))) == listed


@given(texts, texts, st.binary(max_size=64), st.binary(max_size=80))
def test_a_bundle_is_read_back_as_it_was_written(
    hint: str, payload_type: str, payload: bytes, signature: bytes
) -> None:
    envelope = Envelope(payload_type=payload_type, payload=payload, signature=signature)
    written = bundle.Bundle(hint=hint, envelope=envelope)
    assert bundle.decode(bundle.encode(written)) == written
