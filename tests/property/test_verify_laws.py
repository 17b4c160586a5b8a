"""Laws of verification: only the release that was signed is verified, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import releases
from simulators.releases import judged, told
from workflow_release import names
from workflow_release.errors import ReleaseError, VerificationError
from workflow_release.verifying import checks
from workflow_sbom import canonical
from workflow_sbom.canonical import Json

MADE = releases.make()
FILES: Mapping[str, bytes] = MADE.files


name_of_a_file = st.sampled_from(sorted(FILES))


def refused_with_a_reason(files: Mapping[str, bytes]) -> list[str]:
    """The findings over these files, of which there must be some, all fit to be printed."""
    verdict = judged(files)
    assert not verdict.ok
    reasons = told(verdict)
    assert reasons
    assert all(text.isprintable() for text in reasons)
    return reasons


def test_the_untouched_release_is_verified() -> None:
    assert judged(FILES).ok


def each_byte_changed(data: bytes) -> Iterator[bytes]:
    """The data with one bit of one byte flipped, for every byte."""
    for at, byte in enumerate(data):
        yield data[:at] + bytes([byte ^ (1 << at % 8)]) + data[at + 1 :]


@pytest.mark.parametrize("name", [names.RECORD, names.SEAL])
def test_no_byte_of_the_record_and_its_seal_can_change(name: str) -> None:
    for changed in each_byte_changed(FILES[name]):
        assert any(name in text for text in refused_with_a_reason({**FILES, name: changed}))


def test_no_byte_of_the_provenance_can_change_even_if_nobody_measured_it() -> None:
    for changed in each_byte_changed(FILES[names.PROVENANCE]):
        with pytest.raises(VerificationError):
            checks.origin(changed, MADE.release, releases.expected())


def test_no_byte_of_the_sums_can_change_even_if_nobody_measured_them() -> None:
    for changed in each_byte_changed(FILES[names.SUMS]):
        assert list(checks.sums_faults(changed, MADE.release))


@settings(max_examples=300, deadline=None)
@given(name=name_of_a_file, data=st.data())
def test_no_byte_of_any_file_can_take_any_other_value(name: str, data: st.DataObject) -> None:
    content = FILES[name]
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != content[at]))
    changed = content[:at] + bytes([other]) + content[at + 1 :]
    reasons = refused_with_a_reason({**FILES, name: changed})
    assert any(name in text for text in reasons)


@settings(max_examples=200, deadline=None)
@given(name=name_of_a_file, data=st.data())
def test_nothing_can_be_put_into_or_cut_out_of_a_file(name: str, data: st.DataObject) -> None:
    content = FILES[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    changed = content[:start] + data.draw(st.binary(max_size=8)) + content[end:]
    if changed != content:
        refused_with_a_reason({**FILES, name: changed})


@pytest.mark.parametrize("first", sorted(FILES))
def test_no_two_files_can_be_swapped(first: str) -> None:
    for second in sorted(FILES):
        if first < second:
            reasons = refused_with_a_reason({**FILES, first: FILES[second], second: FILES[first]})
            assert any(first in text or second in text for text in reasons)


@settings(max_examples=100, deadline=None)
@given(name=st.text(min_size=1, max_size=40), content=st.binary(max_size=64))
def test_nothing_can_be_added(name: str, content: bytes) -> None:
    if name not in FILES:
        refused_with_a_reason({**FILES, name: content})


@settings(max_examples=100, deadline=None)
@given(gone=st.sets(name_of_a_file, min_size=1))
def test_nothing_can_be_taken_away(gone: set[str]) -> None:
    refused_with_a_reason({name: data for name, data in FILES.items() if name not in gone})


@settings(max_examples=200, deadline=None)
@given(name=name_of_a_file, content=st.binary(max_size=512) | st.text(max_size=200).map(str.encode))
def test_junk_never_passes_and_never_breaks_out(name: str, content: bytes) -> None:
    # A crash must not be an answer: everything but a verdict is one of our own errors.
    try:
        refused_with_a_reason({**FILES, name: content})
    except ReleaseError as error:
        pytest.fail(f"a verdict was expected, not {error!r}")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(value=json_values, name=st.sampled_from([names.SEAL, names.PROVENANCE]))
def test_no_other_statement_of_the_right_signer_passes(value: Json, name: str) -> None:
    by = releases.signer()
    signed = by.sign_statement(canonical.encode(value))
    files = {**FILES, name: signed}
    if name == names.PROVENANCE:
        files = releases.with_document(FILES, by, name, signed)
    refused_with_a_reason(files)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), value=json_values)
def test_no_field_of_a_statement_can_say_anything_else(data: st.DataObject, value: Json) -> None:
    by = releases.signer()
    stated = releases.statement_in(FILES[names.PROVENANCE])
    here, key = stated, data.draw(st.sampled_from(sorted(stated)))
    while isinstance(here[key], (dict, list)) and here[key] and data.draw(st.booleans()):
        here = here[key]
        keys = sorted(here) if isinstance(here, dict) else range(len(here))
        key = data.draw(st.sampled_from(keys))
    if here[key] == value:
        return
    here[key] = value
    signed = by.sign_statement(canonical.encode(stated))
    refused_with_a_reason(releases.with_document(FILES, by, names.PROVENANCE, signed))
