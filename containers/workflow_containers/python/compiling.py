"""Compiles Python sources; run by the image's own interpreter, never imported by this package.

Standard input: (length, path, length, source) …; standard output: (1, length, pyc) or (0,) for
what does not compile; lengths are 4 bytes, little-endian. Marshal version 2 writes no references
and no interning, which depend on what else the process has compiled (python/cpython#129724).
The pyc is of the unchecked hash kind (PEP 552): it is never stale, whatever the file's time.
"""

import _frozen_importlib_external
import _imp
import marshal
import sys

VERSION = 2
MAGIC = _frozen_importlib_external.MAGIC_NUMBER
KEY = int.from_bytes(MAGIC, "little")


def compiled(path: str, source: bytes) -> bytes | None:
    """One file's pyc, or None."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return None
    digest = _imp.source_hash(KEY, source)
    return MAGIC + (0b01).to_bytes(4, "little") + digest + marshal.dumps(code, VERSION)


def main() -> None:
    """Answer every request until the input ends."""
    data, out, at = sys.stdin.buffer.read(), sys.stdout.buffer, 0

    def take() -> bytes:
        nonlocal at
        size = int.from_bytes(data[at : at + 4], "little")
        at += 4 + size
        return data[at - size : at]

    while at < len(data):
        path, source = take().decode(), take()
        pyc = compiled(path, source)
        if pyc is None:
            out.write(b"\0")
        else:
            out.write(b"\1" + len(pyc).to_bytes(4, "little") + pyc)


main()
