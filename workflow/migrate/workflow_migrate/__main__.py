"""The command `workflow-migrate`."""

from __future__ import annotations

import sys

from workflow_migrate.cli import run
from workflow_migrate.host import Host


def main() -> int:
    """Run with this process's arguments, environment and streams; the exit code."""
    return run(sys.argv[1:], Host.detect())


if __name__ == "__main__":
    sys.exit(main())
