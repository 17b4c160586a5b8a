"""Compiles Python sources; run by the image's own interpreter, never imported by this package.

Standard input: (length, path, length, source) ...; standard output: (1, length, pyc) or (0,) for
what does not compile; lengths are 4 bytes, little-endian. The pyc is of the unchecked hash kind
(PEP 552): it is never stale, whatever the file's time.

Marshal's references and interning depend on what else the process has compiled
(python/cpython#129724). Version 2 writes none, but can't write all that 3.14 compiles (slices,
for one): from there on each file is compiled by a process of its own, forked from one that has
compiled nothing.
"""

import _frozen_importlib_external
import _imp
import marshal
import posix
import sys

APART = sys.version_info >= (3, 14)
VERSION = marshal.version if APART else 2
MAGIC = _frozen_importlib_external.MAGIC_NUMBER
KEY = int.from_bytes(MAGIC, "little")
STEP = 1 << 20


def compiled(path: str, source: bytes) -> bytes:
    """One file's answer."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return b"\0"
    digest = _imp.source_hash(KEY, source)
    pyc = MAGIC + (0b01).to_bytes(4, "little") + digest + marshal.dumps(code, VERSION)
    return b"\1" + len(pyc).to_bytes(4, "little") + pyc


def apart(path: str, source: bytes) -> bytes:
    """The same, from a process of its own."""
    reading, writing = posix.pipe()
    child = posix.fork()
    if child == 0:
        status = 1
        try:
            answer = compiled(path, source)
            while answer:
                answer = answer[posix.write(writing, answer) :]
            status = 0
        finally:
            posix._exit(status)
    posix.close(writing)
    answer = b""
    while data := posix.read(reading, STEP):
        answer += data
    posix.close(reading)
    if posix.waitpid(child, 0)[1] != 0:
        raise SystemExit(f"{path}: the compiling process failed")
    return answer


def main() -> None:
    """Answer every request until the input ends."""
    data, out, at = sys.stdin.buffer.read(), sys.stdout.buffer, 0

    def take() -> bytes:
        nonlocal at
        size = int.from_bytes(data[at : at + 4], "little")
        at += 4 + size
        return data[at - size : at]

    answer = apart if APART else compiled
    while at < len(data):
        path, source = take().decode(), take()
        out.write(answer(path, source))


main()
