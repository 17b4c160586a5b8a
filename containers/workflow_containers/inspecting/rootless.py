"""Running an image's program from its archive: no daemon, no root, no emulator.

For Python programs on a machine of the image's own architecture. The image's root is unpacked
once; the program sees the host's file system at `/`, so this is for asking a program something
(its version), not for keeping it in.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from workflow_containers import architecture
from workflow_containers.errors import InterpreterError
from workflow_containers.host import native_platform
from workflow_containers.layers.entries import Entry
from workflow_containers.layers.unpack import unpack
from workflow_containers.oci.layout import Image, Layout
from workflow_containers.platform import Platform
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.run import Run
from workflow_containers.run import run as run_here
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest


def run(
    archive: Path,
    platform: Platform,
    argv: Sequence[str],
    *,
    store: Path,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
    run: Run = run_here,
) -> tuple[int, bytes]:
    """Run a command of the image; its exit code and standard output.

    `argv` starts with a Python interpreter of the image (`/usr/bin/python3`), as its entrypoint
    does. Raises `LayoutError` for a damaged archive, `InterpreterError` for what can't be run.
    """
    if platform != native_platform():
        raise InterpreterError(f"this machine does not run {platform}")
    with Layout(archive) as layout:
        root = _root(layout, layout.image(platform), Store(store.absolute()))
    interpreter = Interpreter(
        root=root,
        architecture=architecture.of(platform),
        program=_program(root, argv[0] if argv else ""),
    )
    done = interpreter.run(run, argv[1:], env=env, timeout=timeout)
    return done.code, done.stdout


def entrypoint(archive: Path, platform: Platform) -> tuple[str, ...]:
    """The image's entrypoint, for `run` with other arguments than its own."""
    with Layout(archive) as layout:
        return layout.image(platform).entrypoint


def _program(root: Path, name: str) -> str:
    """The interpreter's file in the root, links followed; raises `InterpreterError`."""
    wanted = PurePosixPath(name)
    if not wanted.name.startswith("python3") or wanted.parent not in map(
        PurePosixPath, ("/usr/bin", "/bin", ".")
    ):
        raise InterpreterError(f"{name[:80]!r} is no Python of the image, which alone can be run")
    path = root / "usr/bin" / wanted.name
    target = path.readlink() if path.is_symlink() else PurePosixPath(wanted.name)
    if len(target.parts) != 1 or (path.parent / target).is_symlink():
        raise InterpreterError(f"{name[:80]!r} is a link to {str(target)[:80]!r}")
    if not (path.parent / target).is_file():
        raise InterpreterError(f"the image has no {name[:80]!r}")
    return f"usr/bin/{target}"


def _root(layout: Layout, image: Image, store: Store) -> Path:
    diff_ids = [layer.diff_id.hex for layer in image.layers]
    folder = store.folder / "roots" / Digest.of(canonical.encode(["image", diff_ids])).hex
    if not folder.is_dir():
        scratch = Path(tempfile.mkdtemp(dir=store.scratch()))
        try:
            unpack(_entries(layout, image), scratch)
            scratch.chmod(0o755)
            folder.parent.mkdir(parents=True, exist_ok=True)
            scratch.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _entries(layout: Layout, image: Image) -> Iterator[Entry]:
    for layer in image.layers:
        yield from layout.entries(layer)
