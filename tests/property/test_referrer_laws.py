"""Laws of what refers to an image: nothing is lost on the way, and no order leaves a trace."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from simulators.registry import Features, Registry
from workflow_containers.network.clock import Clock
from workflow_containers.oci.content import Content
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import MANIFEST
from workflow_containers.oci.reference import Repository
from workflow_containers.registry.artifact import (
    TITLE,
    Artifact,
    ArtifactFile,
    Referrer,
    file_name,
    is_file_name,
)
from workflow_containers.registry.client import Client
from workflow_containers.registry.referrers import Attacher, attach
from workflow_containers.registry.subject import Subject
from workflow_containers.registry.uploads import Uploads
from workflow_sbom.digest import Digest

SUBJECT = Subject(
    repository=Repository("registry.test", "team/app"),
    descriptor=Descriptor(media_type=MANIFEST, digest=Digest.of(b"image"), size=5),
)
QUIET = Clock(now=lambda: 0, sleep=lambda _: None, chance=lambda: 0)
media_types = st.from_regex(r"[a-z][a-z0-9.+-]{0,20}/[a-z][a-z0-9.+-]{0,20}", fullmatch=True)
file_names = st.text(min_size=1, max_size=60).filter(is_file_name)
files = st.lists(
    st.builds(
        ArtifactFile,
        name=file_names,
        media_type=media_types,
        content=st.binary(max_size=20).map(Content.of),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda file: file.name,
).map(tuple)
artifacts = st.builds(
    Artifact,
    artifact_type=media_types,
    files=files,
    annotations=st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=9), max_size=3),
    created=st.none() | st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@given(artifacts)
def test_what_is_attached_is_read_again_whole(artifact: Artifact) -> None:
    document = artifact.manifest(SUBJECT.descriptor)
    found = Referrer.read(document, SUBJECT.descriptor.digest, "here")
    assert found is not None
    assert found.artifact_type == artifact.artifact_type
    assert [(file_name(each), each.media_type, each.digest, each.size) for each in found.files] == [
        (each.name, each.media_type, each.content.digest, each.content.size)
        for each in artifact.files
    ]
    assert found.annotations == artifact.descriptor(SUBJECT.descriptor).annotations


@given(st.text(max_size=300))
def test_a_name_is_taken_or_refused_and_never_changed(title: str) -> None:
    file = Descriptor(media_type="a/b", digest=Digest.of(b""), size=0, annotations={TITLE: title})
    if is_file_name(title):
        assert file_name(file) == title
        assert "/" not in title
        assert title not in {"", ".", ".."}


@given(st.lists(artifacts, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_in_whatever_order_and_however_often_the_tag_lists_each_once(
    some: list[Artifact], chance: Random
) -> None:
    shuffled = [*some, *some]
    chance.shuffle(shuffled)
    tags = []
    for order in (some, shuffled):
        there = Registry(features=Features(referrers=False))
        attacher = Attacher(uploads=Uploads(client=Client(transport=there)), clock=QUIET)
        for artifact in order:
            attach(attacher, SUBJECT, artifact)
        repository = there.repository(SUBJECT.repository.path)
        (tag,) = repository.tags.values()
        tags.append(repository.manifests[tag][1])
    assert tags[0] == tags[1]
    digests = [each["digest"] for each in json.loads(tags[0])["manifests"]]
    expected = {str(each.manifest(SUBJECT.descriptor).digest) for each in some}
    assert digests == sorted(expected)
