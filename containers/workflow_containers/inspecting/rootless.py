"""Running an image's program from its archive: no daemon, no root, no emulator.

For Python programs on a machine of the image's own architecture. The image's root is unpacked
once; the program sees the host's file system at `/`, so this is for asking a program something
(its version), not for keeping it in.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path

from workflow_containers import architecture
from workflow_containers.base.image import KEPT
from workflow_containers.base.python import library_folders, loader_of
from workflow_containers.errors import InterpreterError, MemberError
from workflow_containers.host import native_platform
from workflow_containers.layers import extract
from workflow_containers.layers.tree import Tree
from workflow_containers.oci.layout import Image, Layout
from workflow_containers.platform import Platform
from workflow_containers.python.interpreter import Interpreter
from workflow_containers.run import Run
from workflow_containers.run import run as run_here
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

_FOLDERS = ("usr/local/bin", "usr/bin", "bin")


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
        interpreter = _interpreter(
            layout, layout.image(platform), argv[0] if argv else "", Store(store.absolute())
        )
    done = interpreter.run(run, argv[1:], env=env, timeout=timeout)
    return done.code, done.stdout


def entrypoint(archive: Path, platform: Platform) -> tuple[str, ...]:
    """The image's entrypoint, for `run` with other arguments than its own."""
    with Layout(archive) as layout:
        return layout.image(platform).entrypoint


def _interpreter(layout: Layout, image: Image, name: str, store: Store) -> Interpreter:
    arch, tree = architecture.of(image.platform), layout.tree(image, KEPT)
    program = _program(tree, name)
    diff_ids = [layer.diff_id.hex for layer in image.layers]
    key = Digest.of(canonical.encode(["image", diff_ids]))
    return Interpreter(
        root=store.root(key, lambda root: extract.whole(tree, layout.opener(image), root)),
        program=program,
        home=posixpath.dirname(posixpath.dirname(program)),
        loader=loader_of(tree, arch) or arch.loader,
        folders=library_folders(tree, arch),
    )


def _program(tree: Tree, name: str) -> str:
    """The interpreter's file in the root, links followed; raises `InterpreterError`."""
    folder, slash, last = name.rpartition("/")
    if last.startswith("python3") and (folder.startswith("/") or not slash):
        for candidate in (name.lstrip("/"),) if slash else [f"{each}/{last}" for each in _FOLDERS]:
            try:
                found = tree.resolve(candidate)
            except MemberError:
                continue
            if tree.has_file(found) and posixpath.basename(found).startswith("python3"):
                return found
    raise InterpreterError(f"{name[:80]!r} is no Python of the image, which alone can be run")
