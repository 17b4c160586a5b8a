"""`wfctl`: validate, run and inspect workflow configurations."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from wfctl.cli import options
from workflow_engine import console


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives its exit code."""

    def program() -> int:
        command = options(arguments)
        from wfctl.commands import perform

        return perform(command)

    return console.guarded(program)


if __name__ == "__main__":
    sys.exit(main())
