"""apt as far as locks need it, over a table of packages: implements `Run`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from workflow_containers.debian.lock import Package
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.run import Command, Completed


@dataclass
class FakeApt:
    """`suite` has packages by architecture and name, `needs` what each depends on."""

    mirrors: Mirrors
    suite: dict[str, dict[str, Package]]
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    commands: list[list[str]] = field(default_factory=list)
    fails: str = ""

    def __call__(self, command: Command, /) -> Completed:
        argv = [str(part) for part in command.argv]
        self.commands.append(argv)
        if self.fails:
            return Completed(code=100, stdout=b"", stderr=f"E: {self.fails}\n".encode())
        name = next(part for part in argv if part.startswith("APT::Architecture="))
        known = self.suite[name.partition("=")[2]]
        words = argv[argv.index("-qq") + 1 :]
        names = [word for word in words if word in known]
        if argv[0] == "apt-cache":
            stanzas = [f"Package: {n}\nVersion: {known[n].version}\n" for n in names]
            return Completed(code=0, stdout="\n".join(stanzas).encode())
        if "update" in words:
            return Completed(code=0, stdout=b"")
        if "install" in words:
            status = (command.cwd / "var/lib/dpkg/status").read_text(encoding="utf-8")
            names = self._closure(names, status)
        return Completed(code=0, stdout="".join(self._line(known[n]) for n in names).encode())

    def _closure(self, names: Iterable[str], status: str) -> list[str]:
        found: list[str] = []
        queue = list(names)
        while queue:
            name = queue.pop(0)
            if name not in found and f"Package: without-{name}\n" not in status:
                found.append(name)
                queue += self.needs.get(name, ())
        return found

    def _line(self, package: Package) -> str:
        address = self.mirrors.url(package.archive, package.path)
        version = quote(package.version, safe="+~.-")
        file = f"{package.name}_{version}_{package.architecture}.deb"
        return f"'{address}' {file} {package.size} SHA256:{package.sha256.hex}\n"
