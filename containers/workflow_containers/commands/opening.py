"""The image that a word of a command line names: an archive, a layout's folder, or a reference."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workflow_containers.commands.interface import Shell
from workflow_containers.errors import LayoutError
from workflow_containers.oci.adopting import adopt
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference


@contextmanager
def opened(word: str, plain_http: Sequence[str], shell: Shell) -> Iterator[Layout]:
    """The image, every byte checked; raises `ContainersError`."""
    with tempfile.TemporaryDirectory(dir=shell.scratch) as name:
        path, scratch = Path(word), Path(name)
        if path.exists():
            path = adopt(path, scratch / path.absolute().name)
        elif _is_reference(word):
            path = _pulled(Reference.parse(word), scratch, plain_http, shell)
        else:
            raise LayoutError(
                f"{word!r}: no such file",
                remedy="name an archive that workflow-containers build wrote, or REGISTRY/NAME:TAG",
            )
        with Layout(path) as layout:
            yield layout


def _is_reference(word: str) -> bool:
    """Whether a word that is no file may be sent to a registry: it names one, a tag or a digest."""
    host, slash, _ = word.partition("/")
    names_registry = bool(slash) and "." in host.strip(".")
    return not word.endswith(".tar") and (":" in word or "@" in word or names_registry)


def _pulled(reference: Reference, scratch: Path, plain_http: Sequence[str], shell: Shell) -> Path:
    """The image as an archive; says which one it was."""
    from workflow_containers.registry.client import Client
    from workflow_containers.registry.fetching import Fetcher
    from workflow_containers.registry.pull import pull

    client = Client(transport=shell.connect(plain_http))
    with shell.console.progress() as progress:
        fetcher = Fetcher(client=client, store=shell.store, progress=progress)
        pulled = pull(fetcher, reference, scratch / "pulled.oci.tar")
    shell.console.say(f"{reference} is {reference.at(pulled.source)}")
    if not pulled.is_same:
        shell.console.say(f"its index is {pulled.index} here: it was made for what was pulled")
    return pulled.path
