"""`python -m workflow_containers`, and the entry point of the command `workflow-containers`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from workflow_containers.cli import run_command

        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130  # before anything was begun
    sys.exit(code)


if __name__ == "__main__":
    main()
