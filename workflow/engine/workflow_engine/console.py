"""The only place that prints: results on standard output, everything else on standard error."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

from workflow_engine.errors import EngineError, UsageError

_INTERRUPTED: Final = 130


def say(text: str) -> None:
    """One result line (or several) on standard output."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def warn(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"{printable(text)}\n")


def complain(error: EngineError) -> None:
    """An error on standard error: what and where, then what to do."""
    sys.stderr.write(f"error: {printable(error.message)}\n")
    if error.remedy:
        sys.stderr.write(f"  {printable(error.remedy)}\n")


def printable(text: str) -> str:
    """The text without what a terminal would act on; line ends stay."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)


def guarded(program: Callable[[], int]) -> int:
    """A program's exit code; its errors printed, never a traceback."""
    try:
        return program()
    except EngineError as error:
        complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 1


class Parser(argparse.ArgumentParser):
    """A command line whose errors are `UsageError`s; options are written out in full."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        raise UsageError(f"{self.prog}: {message}", remedy=f"see {self.prog} --help")


class _OneLine(logging.Formatter):
    """`time level logger message`, with nothing a terminal would act on."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record)).replace("\n", "\n  ")


def logger(level: str) -> logging.Logger:
    """The engine's log, on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log = logging.getLogger("workflow")
    log.handlers, log.propagate = [handler], False
    log.setLevel(level.upper())
    return log
