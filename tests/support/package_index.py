"""A package index (PEP 503) in a folder, for a pip that must not ask another."""

from __future__ import annotations

from pathlib import Path


def offering(folder: Path, *files: str) -> dict[str, str]:
    """The environment of a pip that finds files of these names (`thing-1.0.tar.gz`), and no more.

    Only the names are there: what is fetched is not of the index.
    """
    for name in files:
        page = folder / name.rpartition("-")[0] / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f'<!DOCTYPE html><a href="{name}">{name}</a>', encoding="utf-8")
    return {"PIP_INDEX_URL": folder.as_uri()}
