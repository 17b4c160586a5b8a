"""An image is no different from itself; a difference seen from the other side is its mirror; no
single change of an image goes unreported, and its report names what was changed."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulators.archives import Entry, Sketch, archive, layer
from workflow_containers.comparing.compare import compare
from workflow_containers.comparing.differences import (
    Attribute,
    Change,
    Contents,
    Difference,
    FileChanged,
    FileOnly,
    Metadata,
    OrderChanged,
    mirrored,
)
from workflow_containers.comparing.record import encoded
from workflow_containers.comparing.telling import told
from workflow_containers.errors import ContainersError
from workflow_containers.oci.layout import Layout
from workflow_sbom import canonical

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12
).filter(lambda name: name.strip(".") != "" and len(name.encode()) < 90)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.one_of(st.binary(max_size=700), st.text(max_size=200).map(lambda text: text.encode()))
ENTRIES = st.dictionaries(
    PATHS,
    st.builds(
        Entry,
        path=st.just(""),
        data=CONTENTS,
        mode=st.sampled_from([0o644, 0o755, 0o4755]),
        owner=st.tuples(st.integers(0, 70000), st.integers(0, 70000)),
        time=st.integers(0, 1 << 40),
    ),
    min_size=1,
    max_size=5,
).map(lambda found: [replace(entry, path=path) for path, entry in found.items()])
TEXTS = st.text(max_size=20)
SKETCHES = st.builds(
    Sketch,
    layers=st.lists(ENTRIES.map(layer), min_size=1, max_size=3),
    execution=st.fixed_dictionaries(
        {"User": TEXTS, "Labels": st.dictionaries(TEXTS, TEXTS, max_size=3)}
    ),
    annotations=st.dictionaries(TEXTS, TEXTS, max_size=3),
)
Report = tuple[Difference, ...]


def reported(old: Sketch, new: Sketch) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        paths = [archive(Path(folder, f"{at}.tar"), each) for at, each in enumerate((old, new))]
        with Layout(paths[0]) as one, Layout(paths[1]) as other:
            return compare(one, other)


@settings(max_examples=30, deadline=None)
@given(SKETCHES)
def test_an_image_is_no_different_from_itself(image: Sketch) -> None:
    assert reported(image, image) == ()


@settings(max_examples=40, deadline=None)
@given(SKETCHES, SKETCHES)
def test_from_the_other_side_it_is_the_mirror(old: Sketch, new: Sketch) -> None:
    found = reported(old, new)
    assert tuple(map(mirrored, reported(new, old))) == found
    assert tuple(map(mirrored, map(mirrored, found))) == found


@settings(max_examples=40, deadline=None)
@given(SKETCHES, SKETCHES)
def test_every_report_can_be_told_on_printable_lines_and_recorded(old: Sketch, new: Sketch) -> None:
    found = reported(old, new)
    for every_file in (False, True):
        assert all(line.isprintable() for line in told(found, every_file=every_file))
    assert len(canonical.encode([*map(encoded, found)])) > 0


def attribute(name: str) -> Callable[[Change], bool]:
    return lambda change: isinstance(change, Attribute) and change.name == name


MUTATIONS: dict[str, tuple[Callable[[Entry], Entry], Callable[[Change], bool]]] = {
    "mode": (lambda entry: replace(entry, mode=entry.mode ^ 0o111), attribute("mode")),
    "owner": (
        lambda entry: replace(entry, owner=(entry.owner[0] + 1, entry.owner[1])),
        attribute("owner"),
    ),
    "group's name": (lambda entry: replace(entry, names=("", "staff")), attribute("owner")),
    "time": (lambda entry: replace(entry, time=entry.time + 1), attribute("time")),
    "size": (lambda entry: replace(entry, data=entry.data + b"x"), attribute("size")),
    "byte": (
        lambda entry: replace(entry, data=b"x" + entry.data[1:]),
        lambda change: isinstance(change, Contents) and change.offset == 0,
    ),
    "extension": (
        lambda entry: replace(entry, pax={"SCHILY.xattr.user.a": "1"}),
        attribute("pax SCHILY.xattr.user.a"),
    ),
}


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.data(), st.sampled_from(sorted(MUTATIONS)))
def test_a_change_of_one_member_is_reported_by_its_path_and_name(
    entries: list[Entry], data: st.DataObject, kind: str
) -> None:
    mutate, is_named = MUTATIONS[kind]
    at = data.draw(st.integers(0, len(entries) - 1))
    other = [*entries[:at], mutate(entries[at]), *entries[at + 1 :]]
    assume(other[at].encoded() != entries[at].encoded())
    if kind == "byte":
        assume(entries[at].data)
    found = reported(Sketch(layers=[layer(entries)]), Sketch(layers=[layer(other)]))
    (only,) = found
    assert isinstance(only, FileChanged)
    assert only.path == entries[at].path.rstrip("/").removeprefix("./")
    assert any(map(is_named, only.changes))


@settings(max_examples=40, deadline=None)
@given(ENTRIES, st.data())
def test_a_member_more_and_members_swapped_are_reported(
    entries: list[Entry], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    whole, less = Sketch(layers=[layer(entries)]), [*entries[:at], *entries[at + 1 :]]
    (only,) = reported(Sketch(layers=[layer(less)]), whole)
    assert isinstance(only, FileOnly)
    assert (only.old, only.new) == (None, "file")
    if len(entries) > 1:
        (swapped,) = reported(whole, Sketch(layers=[layer([*entries[1:], entries[0]])]))
        assert isinstance(swapped, OrderChanged)


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.data())
def test_no_byte_of_a_layer_can_be_changed_unreported(
    entries: list[Entry], data: st.DataObject
) -> None:
    raw = bytearray(layer(entries))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(ContainersError):  # no archive any more: refused, no silence
        assert reported(Sketch(layers=[layer(entries)]), Sketch(layers=[bytes(raw)])) != ()


@settings(max_examples=40, deadline=None)
@given(SKETCHES, TEXTS, TEXTS)
def test_a_label_and_an_annotation_are_reported_by_name(
    image: Sketch, name: str, value: str
) -> None:
    assume(image.execution["Labels"].get(name) != value and image.annotations.get(name) != value)
    labelled = image.but(
        execution={**image.execution, "Labels": {**image.execution["Labels"], name: value}}
    )
    fields = {each.field for each in reported(image, labelled) if isinstance(each, Metadata)}
    assert f"label {name}" in fields
    annotated = image.but(annotations={**image.annotations, name: value})
    fields = {each.field for each in reported(image, annotated) if isinstance(each, Metadata)}
    assert f"annotation {name}" in fields
