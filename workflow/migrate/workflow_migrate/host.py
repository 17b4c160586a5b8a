"""What this process was given: its environment and its streams. The only place that prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TextIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The process as one run sees it; made once, at the door."""

    environment: Mapping[str, str]
    out: TextIO
    err: TextIO

    @classmethod
    def detect(cls) -> Host:
        """This process."""
        environment = MappingProxyType(dict(os.environ))
        return cls(environment=environment, out=sys.stdout, err=sys.stderr)

    def result(self, text: str) -> None:
        """A result, on standard output, at once: a step that is done stays done when we die."""
        print(printable(text), file=self.out, flush=True)

    def say(self, text: str) -> None:
        """A remark, on standard error."""
        print(printable(text), file=self.err, flush=True)


def printable(text: str) -> str:
    """The text with every control, format and bidirectional character shown as an escape."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )
