"""`python -m workflow_release`, and the entry point of the command `workflow-release`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from workflow_release.cli import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
