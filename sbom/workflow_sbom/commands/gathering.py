"""Work on several files, of which one that fails hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from workflow_sbom.errors import ToolkitError
from workflow_sbom.terminal.console import Console

T = TypeVar("T")
Made = TypeVar("Made")


def each(work: Callable[[T], Made], items: Iterable[T]) -> tuple[list[Made], list[ToolkitError]]:
    """What the work made of every item, and every error of those it failed for."""
    made: list[Made] = []
    errors: list[ToolkitError] = []
    for item in items:
        try:
            made.append(work(item))
        except ToolkitError as error:
            errors.append(error)
    return made, errors


def refuse(errors: Sequence[ToolkitError], console: Console) -> None:
    """Say every error and raise the last one; nothing when there is none."""
    for error in errors[:-1]:
        console.error(error)
    if errors:
        raise errors[-1]
