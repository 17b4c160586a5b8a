"""However a container's output is cut on its way, the same lines arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.engine import ENDED, FakeEngine
from workflow_containers.engine.interface import Confined
from workflow_containers.engine.running import run
from workflow_sbom.digest import Digest

PIECES = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=20)


class Heard:
    """What a container printed; implements `Listener`."""

    def __init__(self) -> None:
        self.outs: list[str] = []
        self.errs: list[str] = []

    def out(self, line: str) -> None:
        self.outs.append(line)

    def err(self, line: str) -> None:
        self.errs.append(line)


def lines(data: bytes) -> list[str]:
    """The lines of a whole text, the last one without an end too."""
    *whole, last = data.split(b"\n")
    found = [*whole, last] if last else whole
    return [line.removesuffix(b"\r").decode(errors="replace") for line in found]


@given(PIECES)
def test_the_lines_are_those_of_the_whole(pieces: list[tuple[bytes, bytes]]) -> None:
    heard = Heard()
    engine = FakeEngine(states=[ENDED], pieces=pieces)
    assert run(engine, Confined(image=Digest.of(b"")), heard, stop=1) == 0
    assert heard.outs == lines(b"".join(out for out, _ in pieces))
    assert heard.errs == lines(b"".join(err for _, err in pieces))
