"""Laws of pushing and pulling: whole or an error, twice is once, and what went up comes back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.faults import (
    changed,
    cut_before,
    cut_download,
    cut_upload,
    headers,
    lose_answer,
    status,
    truncated,
)
from simulators.registry import Answer, Asked, Fault, Features, Handler, Registry
from support.archives import SHOP, Archives, client, holds, pusher, to, write
from workflow_containers.errors import ContainersError
from workflow_containers.oci.content import Content
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.registry.fetching import Fetcher
from workflow_containers.registry.pull import pull
from workflow_containers.registry.push import push
from workflow_containers.registry.rehearsal import Rehearsal
from workflow_containers.registry.shipment import Shipment
from workflow_containers.store import Store

LAYERS = st.lists(st.binary(min_size=1, max_size=130), min_size=1, max_size=3)
IMAGES = st.dictionaries(st.sampled_from([AMD64, ARM64]), LAYERS, min_size=1)
FAULTS: st.SearchStrategy[Fault] = st.one_of(
    st.integers(0, 60).map(cut_upload),
    st.integers(0, 200).map(cut_download),
    st.integers(0, 200).map(truncated),
    st.sampled_from([cut_before, lose_answer, changed]),
    st.sampled_from([400, 401, 403, 404, 413, 416, 429, 500, 503]).map(status),
    st.sampled_from(["0-7", "0-49", "0-99999", "x"]).map(lambda said: headers(range=said)),
    st.just(headers(docker_content_digest=f"sha256:{'0' * 64}")),
    st.sampled_from(["http://elsewhere.test/", "/v2/", "\x1b"]).map(
        lambda location: headers(location=location)
    ),
    st.just(headers(oci_chunk_min_length="70")),
)
Plan = tuple[str, Fault, int, int]
PLANS: st.SearchStrategy[list[Plan]] = st.lists(
    st.tuples(
        st.sampled_from(["", "HEAD", "GET", "POST", "PATCH", "PUT"]),
        FAULTS,
        st.integers(0, 12),
        st.integers(1, 3),
    ),
    max_size=4,
)
FEATURES = st.builds(
    Features,
    mount=st.booleans(),
    ranges=st.booleans(),
    digests=st.booleans(),
    resumable=st.booleans(),
    absolute=st.booleans(),
    min_chunk=st.sampled_from([0, 33, 80]),
    lenient=st.booleans(),
)


def with_shipment(images: object, work: Callable[[Shipment, Path], None]) -> None:
    with tempfile.TemporaryDirectory() as folder, Archives(Path(folder)) as archives:
        work(archives.shipment(images), Path(folder))  # type: ignore[arg-type] # of IMAGES


def failed(work: Callable[[], object]) -> str:
    """What an error said, or nothing when all went well."""
    said = ""
    try:
        work()
    except ContainersError as error:
        said = str(error)
        if not said.isprintable():
            raise
    return said


def never_in_parts(registry: Registry, shipment: Shipment) -> Fault:
    """After every request: no tag names anything but the whole image."""

    def fault(asked: Asked, go: Handler) -> Answer:
        answer = go(asked)
        tags = registry.repository(SHOP.path).tags
        assert not tags or holds(registry, SHOP, shipment)
        return answer

    return fault


@settings(max_examples=300, deadline=None)
@given(images=IMAGES, features=FEATURES, plans=PLANS)
def test_a_push_ends_whole_or_in_an_error_and_never_shows_a_part(
    images: object, features: Features, plans: Sequence[Plan]
) -> None:
    def work(shipment: Shipment, _: Path) -> None:
        registry = Registry(features=features)
        registry.plan("", never_in_parts(registry, shipment), times=100_000)
        for method, fault, skip, times in plans:
            registry.plan(method, fault, skip=skip, times=times)
        if not failed(lambda: push(pusher(registry), shipment, to(SHOP, "1.2.3", "latest"))):
            assert holds(registry, SHOP, shipment)
            assert set(registry.repository(SHOP.path).tags) == {"1.2.3", "latest"}
        registry.planned.clear()
        push(pusher(registry), shipment, to(SHOP, "1.2.3", "latest"))
        assert holds(registry, SHOP, shipment)

    with_shipment(images, work)


@settings(max_examples=50, deadline=None)
@given(images=IMAGES, features=FEATURES)
def test_twice_is_once_and_a_rehearsal_foretells_it(images: object, features: Features) -> None:
    def work(shipment: Shipment, _: Path) -> None:
        registry = Registry(features=features)
        foretold = push(pusher(Rehearsal(registry)), shipment, to(SHOP, "1"))
        assert registry.writes() == []
        assert push(pusher(registry), shipment, to(SHOP, "1")) == foretold
        registry.log.clear()
        again = push(pusher(registry), shipment, to(SHOP, "1"))
        assert registry.writes() == []
        assert push(pusher(Rehearsal(registry)), shipment, to(SHOP, "1")) == again

    with_shipment(images, work)


@settings(max_examples=150, deadline=None)
@given(images=IMAGES, features=FEATURES, plans=PLANS)
def test_what_went_up_comes_back_to_the_byte_or_not_at_all(
    images: object, features: Features, plans: Sequence[Plan]
) -> None:
    def work(shipment: Shipment, folder: Path) -> None:
        registry = Registry(features=features)
        push(pusher(registry), shipment, to(SHOP, "1.2.3"))
        original = write(folder, images)  # type: ignore[arg-type] # of IMAGES
        fetcher = Fetcher(client=client(registry), store=Store(folder / "pulled"))
        for method, fault, skip, times in plans:
            registry.plan(method, fault, skip=skip, times=times)
        path = folder / "back.tar"
        if failed(lambda: pull(fetcher, Reference(SHOP, tag="1.2.3"), path)):
            assert not path.exists()
        registry.planned.clear()
        pull(fetcher, Reference(SHOP, tag="1.2.3"), path)
        assert path.read_bytes() == original.read_bytes()

    with_shipment(images, work)


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=300),
    chunk=st.integers(1, 90),
    whole=st.integers(0, 90),
    cuts=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 4)), max_size=4),
    resumable=st.booleans(),
)
def test_any_cuts_within_the_bound_are_got_over(
    data: bytes, chunk: int, whole: int, cuts: list[tuple[int, int]], resumable: bool
) -> None:
    registry = Registry(features=Features(resumable=resumable))
    for keep, skip in cuts:
        registry.plan("PATCH", cut_upload(keep), skip=skip)
    tries = 2 * len(cuts)  # one byte looks like none: it takes a failure more to find out
    uploads = pusher(registry, chunk=chunk, whole=whole, tries=tries).uploads
    content = Content.of(data)
    uploads.place(SHOP, content)
    assert registry.repository(SHOP.path).blobs == {str(content.digest): data}
    assert registry.uploads == {}
