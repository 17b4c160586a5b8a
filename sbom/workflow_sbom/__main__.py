"""`python -m workflow_sbom`, and the entry point of the command `workflow-sbom`."""

from __future__ import annotations

from workflow_sbom.cli import main

if __name__ == "__main__":
    main()
