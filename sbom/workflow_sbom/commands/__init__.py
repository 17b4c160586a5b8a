"""The commands of `workflow-sbom`, a module each: `run(asked, shell)`."""
