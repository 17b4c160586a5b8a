from __future__ import annotations

from workflow_release.attesting import dsse


def test_the_encoding_is_that_of_the_specification() -> None:
    # https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#test-vectors
    encoded = dsse.pae("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_are_bytes_so_nothing_moves_between_type_and_payload() -> None:
    assert dsse.pae("é", b" 1 a") == b"DSSEv1 2 \xc3\xa9 4  1 a"
    assert dsse.pae("a", b"b c") != dsse.pae("a b", b"c")


def test_an_envelope_signs_its_own_type_and_payload() -> None:
    envelope = dsse.Envelope(payload_type=dsse.IN_TOTO, payload=b"{}", signature=b"")
    assert envelope.signed == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
