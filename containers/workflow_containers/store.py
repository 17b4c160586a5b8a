"""A folder that keeps what was fetched and made, by content; shared by builds at the same time.

    blobs/<sha256>          bytes whose digest is their name
    memo/<sha256>.json      what a piece of work came to; the name digests all that went into it
    roots/<sha256>/         an image's files, unpacked to run its interpreter
    locks/, scratch/        work in progress

Files appear whole or not at all. A blob is hashed whenever it is read: what a disk or a
stranger changed is removed and made again, never used. Whether one is there is asked far more
often, so a blob that was hashed is given a time that its digest decides: whoever writes to it
afterwards changes that.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workflow_sbom import canonical
from workflow_sbom.digest import Digest, measure_file
from workflow_sbom.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Store:
    """The folder; it is made when something is first written."""

    folder: Path

    def blob(self, digest: Digest) -> Path:
        """Where the bytes with that digest are, if they are here."""
        return self.folder / "blobs" / digest.hex

    def has(self, digest: Digest) -> bool:
        """Whether the bytes are here, by their time or hashed; bytes that changed are removed.

        Whoever goes on to use them hashes them all the same.
        """
        try:
            untouched = self.blob(digest).stat().st_mtime == _moment(digest)
        except FileNotFoundError:
            return False
        return untouched or self.verified(digest)

    def verified(self, digest: Digest) -> bool:
        """Whether the bytes are here, hashed now; bytes that changed are removed."""
        path = self.blob(digest)
        try:
            same = measure_file(path).digest == digest
        except FileNotFoundError:
            return False
        if same:
            _stamp(path, digest)
        else:
            path.unlink(missing_ok=True)
        return same

    def read(self, digest: Digest) -> bytes | None:
        """The bytes with that digest, or None."""
        try:
            data = self.blob(digest).read_bytes()
        except FileNotFoundError:
            return None
        if Digest.of(data) == digest:
            return data
        self.blob(digest).unlink(missing_ok=True)
        return None

    def put(self, data: bytes) -> Digest:
        """Keep bytes."""
        digest = Digest.of(data)
        if not self.has(digest):
            with self.writing() as stream:
                stream.write(data)
                self.adopt(stream, digest)
        return digest

    @contextlib.contextmanager
    def writing(self) -> Iterator[IO[bytes]]:
        """A new file to write to; `adopt` keeps it, otherwise it is removed."""
        with tempfile.NamedTemporaryFile(dir=self.scratch(), delete=False) as stream:
            try:
                yield stream
            finally:
                Path(stream.name).unlink(missing_ok=True)

    def adopt(self, stream: IO[bytes], digest: Digest) -> None:
        """Keep what `writing` gave under the digest its bytes have."""
        stream.flush()
        self.adopt_file(Path(stream.name), digest)

    def adopt_file(self, path: Path, digest: Digest) -> None:
        """Move a file of the scratch folder under the digest its bytes have."""
        target = self.blob(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o644)
        _stamp(path, digest)
        path.replace(target)

    @contextlib.contextmanager
    def alone(self, key: Digest) -> Iterator[None]:
        """Whoever does the work of that key does it alone; others wait, then find it done.

        Held by threads and processes alike, and let go when a process ends, however it ends.
        """
        folder = self.folder / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / key.hex).open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def root(self, key: Digest, fill: Callable[[Path], None]) -> Path:
        """The folder of that key under `roots`, filled the first time; whole or not there."""
        folder = self.folder / "roots" / key.hex
        with self.alone(key):
            if not folder.is_dir():
                scratch = Path(tempfile.mkdtemp(dir=self.scratch()))
                try:
                    fill(scratch)
                    scratch.chmod(0o755)
                    folder.parent.mkdir(parents=True, exist_ok=True)
                    scratch.rename(folder)
                finally:
                    shutil.rmtree(scratch, ignore_errors=True)
        return folder

    def scratch(self) -> Path:
        """A folder on the same file system, for work in progress."""
        scratch = self.folder / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        return scratch

    def recall(self, key: Digest) -> Any:
        """What was remembered under that key, or None."""
        try:
            return canonical.decode((self.folder / "memo" / f"{key.hex}.json").read_bytes())
        except (FileNotFoundError, DocumentError):
            return None

    def remember(self, key: Digest, value: canonical.Json) -> None:
        """Remember what a piece of work came to."""
        target = self.folder / "memo" / f"{key.hex}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.writing() as stream:
            stream.write(canonical.encode(value))
            stream.flush()
            Path(stream.name).replace(target)


def _moment(digest: Digest) -> int:
    """The time of a blob's file, in whole seconds before 2004: any file system keeps it."""
    return int(digest.hex[:8], 16) >> 2


def _stamp(path: Path, digest: Digest) -> None:
    with contextlib.suppress(OSError):  # another's file, or gone: it is hashed the next time
        os.utime(path, (_moment(digest), _moment(digest)))
