"""What every signer is."""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """Signs in-toto statements; each kind is chosen by the scheme of its URI."""

    @property
    def identity(self) -> str:
        """Who signs, in words for people: `key sha256:… (local)`."""
        ...

    @property
    def public_key_pem(self) -> bytes:
        """The public key in PEM (SubjectPublicKeyInfo): what a verifier must be given."""
        ...

    def sign_statement(self, statement: bytes) -> bytes:
        """The Sigstore bundle of the statement's bytes, which are signed as they are.

        Raises `SigningError`.
        """
        ...
