"""Documents that commands are given: read and checked, every message naming the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workflow_sbom.commands import gathering
from workflow_sbom.commands.interface import STREAM, Shell, named
from workflow_sbom.documents import view
from workflow_sbom.documents.view import Document
from workflow_sbom.errors import DocumentError, InvalidDocumentError, UsageError

_MEND = "mend what it names, or make the document again"


def read_all(paths: Sequence[Path], shell: Shell) -> list[Document]:
    """Every document; when some can't be accepted, all their faults are told.

    Raises `DocumentError`, and `UsageError` for standard input twice.
    """
    if list(paths).count(STREAM) > 1:
        raise UsageError("standard input can be read once", remedy="name files")
    read, errors = gathering.each(lambda path: _read(path, shell), paths)
    gathering.refuse(errors, shell.console)
    return read


def _read(path: Path, shell: Shell) -> Document:
    name = named(path)
    try:
        return view.read(shell.read(path))
    except OSError as error:
        told = f"{name}: can't be read: {error.strerror}"
        raise DocumentError(told, remedy="name an SBOM; - is standard input") from error
    except InvalidDocumentError as error:
        found = [
            replace(each, path=f"{name}: {each.path}" if each.path else name)
            for each in error.faults
        ]
        raise InvalidDocumentError(found) from error
    except DocumentError as error:
        raise DocumentError(f"{name}: {error}", remedy=error.remedy or _MEND) from error
