"""`python -m workflow_containers`."""

from __future__ import annotations

import sys

from workflow_containers.cli import main

if __name__ == "__main__":
    sys.exit(main())
