"""Makes the locks beside it anew: `python tests/interop/environments/lock.py [NAME…]`.

Each `NAME.in` becomes `NAME.txt`: hashed requirements as pip reads them, wheels alone, for Linux
and the Pythons that we test with. No lock names a host.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

HERE = Path(__file__).parent
PYTHONS = ("311", "312", "313", "314")
MACHINES = ("x86_64", "aarch64")
COMPILE = ("pip", "compile", "--quiet", "--universal", "--python-version=3.11", "--no-header")


def locked(requirements: Path) -> str:
    """The hashed requirements that uv resolves to."""
    uv = Path(sys.executable).with_name("uv")
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder, "pylock.toml")
        command = [str(uv), *COMPILE, "--only-binary=:all:", "--format=pylock.toml"]
        subprocess.run([*command, "-o", lock, requirements], check=True)
        table = tomllib.loads(lock.read_text(encoding="utf-8"))
    return "".join(line for package in table["packages"] for line in _lines(package))


def _lines(package: dict[str, Any]) -> Iterator[str]:
    hashes = sorted(
        wheel["hashes"]["sha256"]
        for wheel in package["wheels"]
        if _serves(wheel.get("name") or wheel["url"].rpartition("/")[2])
    )
    marker = f" ; {package['marker']}" if "marker" in package else ""
    if hashes:  # else it is for other systems
        yield f"{package['name']}=={package['version']}{marker}"
        yield from (f" \\\n    --hash=sha256:{digest}" for digest in hashes)
        yield "\n"


def _serves(name: str) -> bool:
    """Whether a wheel is for Linux, by glibc, and one of our Pythons."""
    return any(
        (tag.platform == "any" or ("manylinux" in tag.platform and tag.platform.endswith(MACHINES)))
        and (
            tag.interpreter.startswith("py3") or tag.abi == "abi3" or tag.interpreter[2:] in PYTHONS
        )
        and not tag.abi.endswith("t")
        for tag in parse_wheel_filename(name)[3]
    )


if __name__ == "__main__":
    for path in [HERE / f"{name}.in" for name in sys.argv[1:]] or sorted(HERE.glob("*.in")):
        path.with_suffix(".txt").write_text(locked(path), encoding="utf-8")
