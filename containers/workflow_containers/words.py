"""Words that several commands have in common."""

from __future__ import annotations

from pathlib import Path

from workflow_sbom.terminal.commandline import Parser


def engine(words: Parser) -> None:
    """Which engine runs images."""
    words.add_argument(
        "--engine", metavar="ADDRESS",
        help="Docker's socket or address; default: DOCKER_HOST, or Docker's current context",
    )  # fmt: skip


def subject(words: Parser) -> None:
    """An image in a registry, or one platform's."""
    words.add_argument("reference", metavar="REFERENCE", help="an image in a registry")
    words.add_argument(
        "--platform", metavar="OS/ARCH",
        help="the image for one platform; default: all of it",
    )  # fmt: skip
    plain_http(words)


def plain_http(words: Parser) -> None:
    """Registries without TLS."""
    words.add_argument(
        "--plain-http", action="append", default=[], metavar="HOST[:PORT]",
        help="a registry or token service without TLS; this machine needs not be named",
    )  # fmt: skip


def definitions(words: Parser) -> None:
    """Images by their definitions, and the repository they are of."""
    words.add_argument(
        "definitions", nargs="+", type=Path, metavar="DEFINITION", help="an image's TOML file"
    )
    root(words)


def root(words: Parser) -> None:
    """The repository."""
    words.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR",
        help="the repository's folder; default: the current one",
    )  # fmt: skip


def own(words: Parser) -> None:
    """What the repository itself brings into an image."""
    words.add_argument(
        "--wheel", action="append", type=Path, default=[], metavar="FILE",
        help="a wheel of this repository, again for each; default: looked for in dist/",
    )  # fmt: skip
    words.add_argument(
        "--bundle", action="append", default=[], metavar="NAME=FILE",
        help="the archive of a web interface, again for each",
    )  # fmt: skip


def sources(words: Parser) -> None:
    """Where the rest comes from."""
    words.add_argument(
        "--layout", action="append", type=Path, default=[], metavar="PATH",
        help="an OCI layout that has the base, again for each; default: its registry is asked",
    )  # fmt: skip
    words.add_argument(
        "--re-resolve", action="store_true",
        help="take newer packages where the mirror dropped the locked ones",
    )  # fmt: skip
    mirrors(words)
    plain_http(words)


def mirrors(words: Parser) -> None:
    """Where Debian packages come from."""
    words.add_argument("--mirror", metavar="URL", help="the Debian mirror")
    words.add_argument("--security-mirror", metavar="URL", help="the Debian security mirror")


def json(words: Parser) -> None:
    """A result for programs."""
    words.add_argument("--json", action="store_true", help="print the result as JSON")
