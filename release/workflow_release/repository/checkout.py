"""A checkout on disk: where its root is, and which paths in it git tracks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workflow_release.errors import ConfigError, SourceError

_NOT_PRODUCT = frozenset({"tests", "test", "testdata", "fixtures", "examples", "vendor", "docs"})


def root_of(start: Path) -> Path:
    """The root of the checkout a folder is in; raises `SourceError`."""
    begin = start.absolute()
    if not begin.is_dir():
        raise SourceError(f"{begin}: no such folder", remedy="name one in a checkout with -C DIR")
    for folder in (begin, *begin.parents):
        if (folder / ".git").exists():
            return folder
    raise SourceError(
        f"{begin} is in no git checkout", remedy="change into one, or name it with -C DIR"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A working tree and the paths in it that git tracks, relative to its root."""

    root: Path
    tracked: frozenset[PurePosixPath]

    @classmethod
    def of(cls, root: Path, listed: bytes) -> Checkout:
        """From what `git ls-files -z` lists; raises `SourceError`."""
        try:
            names = listed.decode("utf-8").split("\0")
        except UnicodeDecodeError as error:
            raise SourceError(
                f"{root}: a tracked file's name is not UTF-8", remedy="rename it"
            ) from error
        return cls(root=root, tracked=frozenset(PurePosixPath(name) for name in names if name))

    def text(self, path: PurePosixPath) -> str:
        """A tracked file's text; raises `ConfigError`."""
        if path not in self.tracked:
            raise ConfigError(f"{path}: no such file among those git tracks", remedy="commit it")
        if (self.root / path).is_symlink():
            raise ConfigError(f"{path}: a symbolic link, not a file", remedy="commit the file")
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: can't be read: {error}", remedy="mend the file") from error

    def folders_with(self, name: str) -> tuple[PurePosixPath, ...]:
        """The folders that hold a tracked file of that name, tests and examples left out."""
        return tuple(
            sorted(
                path.parent
                for path in self.tracked
                if path.name == name and not _NOT_PRODUCT & set(path.parent.parts)
            )
        )
