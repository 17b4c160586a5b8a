"""DSSE v1.0.2: what is signed, and the envelope around it. Pure.

https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
"""

from __future__ import annotations

from dataclasses import dataclass

IN_TOTO = "application/vnd.in-toto+json"
"""The payload type of an in-toto statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A payload with its type and its one signature. More signatures are never accepted."""

    payload_type: str
    payload: bytes
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The bytes the signature covers."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: type and payload, each with its length in bytes."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
