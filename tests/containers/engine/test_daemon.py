"""What the SDK's client is asked and what its answers become; real engines are in `interop`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.docker_socket import VERSION, answer, listening
from workflow_containers.engine.connecting import connect
from workflow_containers.engine.daemon import DockerEngine
from workflow_containers.engine.interface import LABEL, Build, Checks, Confined, Held, State
from workflow_containers.errors import EngineError, UnhealthyError
from workflow_containers.platform import AMD64
from workflow_sbom.digest import Digest

ID = Digest.of(b"image")
LAYER = Digest.of(b"layer")
IMAGE = {
    "Id": str(ID), "Os": "linux", "Architecture": "amd64", "RootFS": {"Layers": [str(LAYER)]},
}  # fmt: skip


class Api:
    """The SDK's low-level client as far as it is used: answers written down, requests kept."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {"version": VERSION, **answers}
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*words: Any, **named: Any) -> Any:
            self.asked.append((name, words, named))
            found = self.answers.get(name)
            if isinstance(found, BaseException):
                raise found
            return found

        return ask

    def create_host_config(self, **named: Any) -> dict[str, Any]:
        return named

    def create_container_config(self, **named: Any) -> dict[str, Any]:
        return named


def engine(**answers: Any) -> tuple[DockerEngine, Api]:
    api = Api(**answers)
    return DockerEngine(api, local=True), api


@pytest.fixture(params=[404, 409, 500])
def refusal(request: pytest.FixtureRequest) -> Iterator[tuple[int, str]]:
    said = answer({"message": "no \x1b[31msuch thing"}, status=request.param)
    with listening(answer(VERSION), answer(VERSION), said) as address:
        yield request.param, address


# ---------------------------------------------------------------------------------------- images


def test_an_image_is_asked_for_by_its_digest() -> None:
    found, api = engine(inspect_image=IMAGE)
    assert found.image(ID) == Held(id=ID, platform=AMD64, diff_ids=(LAYER,))
    assert api.asked[-1] == ("inspect_image", (str(ID),), {})


@pytest.mark.parametrize(
    "change",
    [
        {"Id": "small:latest"},
        {"Id": None},
        {"Os": "a b"},
        {"RootFS": None},
        {"RootFS": {"Layers": ["sha256:x"]}},
        {"RootFS": {"Layers": 5}},
    ],
)
def test_an_answer_that_makes_no_sense_is_told(change: dict[str, Any]) -> None:
    found, _ = engine(inspect_image={**IMAGE, **change})
    with pytest.raises(EngineError) as caught:
        found.image(ID)
    assert caught.value.remedy


def test_an_image_that_is_not_there_is_none_and_another_refusal_is_told(
    refusal: tuple[int, str],
) -> None:
    code, address = refusal
    with connect({}, address) as found:
        if code == 404:
            assert found.image(ID) is None
        else:
            with pytest.raises(EngineError, match=r"no \\x1b\[31msuch thing"):
                found.image(ID)


def test_a_container_that_is_gone_is_removed_already(refusal: tuple[int, str]) -> None:
    code, address = refusal
    with connect({}, address) as found:
        if code == 404:
            found.remove("c1")
        else:
            with pytest.raises(EngineError, match="was not removed"):
                found.remove("c1")


@pytest.mark.parametrize(
    "told",
    [
        {"errorDetail": {"message": "no space"}, "error": "no \x1b[31mspace"},
        {"errorDetail": {"message": "no space"}},
        ["odd"],
    ],
)
def test_an_error_in_the_middle_of_an_answer_is_an_error(told: Any) -> None:
    found, _ = engine(load_image=iter([{"stream": "Loaded image: x"}, told]))
    with pytest.raises(EngineError, match="was not loaded") as caught:
        found.load(io.BytesIO())
    assert str(caught.value).isprintable()


def test_an_archive_is_streamed_not_read() -> None:
    found, api = engine(load_image=iter(()))
    stream = io.BytesIO(b"archive")
    found.load(stream)
    assert api.asked[-1] == ("load_image", (stream,), {})


def test_an_image_in_use_may_stay() -> None:
    found, _ = engine(remove_image=OSError("in use"))
    found.forget(ID)


def test_a_build_is_told_line_by_line_and_ends_in_an_image(tmp_path: Path) -> None:
    said = [
        {"stream": "Step 1\n"},
        {"stream": "\n"},
        {"status": "Pulling"},
        {"aux": {"ID": str(ID)}},
    ]
    found, api = engine(build=iter(said))
    context = tmp_path / "context.tar"
    context.write_bytes(b"")
    wanted = Build(context=context, file="Containerfile", network="none")
    assert list(found.build(wanted)) == ["Step 1", "Pulling", ID]
    named = api.asked[-1][2]
    assert (named["network_mode"], named["use_config_proxy"]) == ("none", False)
    assert "tag" not in named


def test_a_step_that_fails_fails_the_build(tmp_path: Path) -> None:
    context = tmp_path / "context.tar"
    context.write_bytes(b"")
    found, _ = engine(build=iter([{"error": "exit code 1", "errorDetail": {}}]))
    with pytest.raises(EngineError, match="Containerfile was not built: exit code 1"):
        list(found.build(Build(context=context, file="Containerfile", network="none")))


# ------------------------------------------------------------------------------------- containers


def test_a_container_is_created_with_everything_dropped() -> None:
    found, api = engine(create_container_from_config={"Id": "c1"})
    wanted = Confined(
        image=ID, arguments=("a",), environment={"A": "b"}, tmpfs=("/tmp",), within=60,
        checks=Checks(every=1, grace=30),
    )  # fmt: skip
    assert found.create(wanted) == "c1"
    name, (config, called), _ = api.asked[-1]
    assert name == "create_container_from_config"
    assert called.startswith("workflow-containers-")
    host = config["host_config"]
    assert config["image"] == str(ID)
    assert config["command"] == ["a"]
    assert config["environment"] == {"A": "b"}
    assert config["labels"] == {LABEL: "confined", f"{LABEL}.within": "60"}
    assert config["Healthcheck"] == {
        "Interval": 10**9, "StartInterval": 10**9, "StartPeriod": 30 * 10**9,
    }  # fmt: skip
    assert host["read_only"] is True
    assert host["cap_drop"] == ["ALL"]
    assert host["security_opt"] == ["no-new-privileges"]
    assert host["network_mode"] == "none"
    assert host["restart_policy"] == {"Name": "no"}
    assert host["pids_limit"] == 256
    assert host["mem_limit"] == host["memswap_limit"] == 512 << 20
    assert list(host["tmpfs"]) == ["/tmp"]
    assert not {"privileged", "binds", "devices", "cap_add", "volumes"} & host.keys()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("cut")])
def test_cut_short_while_creating_nothing_is_left(error: BaseException) -> None:
    """The engine may have made it, and its id never came."""
    found, api = engine(create_container_from_config=error)
    with pytest.raises((KeyboardInterrupt, EngineError)):
        found.create(Confined(image=ID))
    created = next(words[1] for name, words, _ in api.asked if "create" in name)
    assert api.asked[-1] == ("remove_container", (created,), {"force": True, "v": True})


def test_names_never_meet() -> None:
    found, api = engine(create_container_from_config={"Id": "c1"})
    for _ in range(20):
        found.create(Confined(image=ID))
    assert len({words[1] for name, words, _ in api.asked if "create" in name}) == 20


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"Running": True, "ExitCode": 0}, State(running=True)),
        (
            {"Running": True, "ExitCode": 0, "Health": {"Status": "unhealthy",
             "Log": [{"Output": "old"}, {"Output": "x" * 5000}]}},
            State(running=True, health="unhealthy", said="x" * 1000),
        ),
        (
            {"Running": False, "ExitCode": 137, "OOMKilled": True, "Health": {"Status": "odd"}},
            State(running=False, exit_code=137, out_of_memory=True),
        ),
    ],
)  # fmt: skip
def test_how_a_container_is(told: dict[str, Any], state: State) -> None:
    found, _ = engine(inspect_container={"State": told})
    assert found.state("c1") == state


@pytest.mark.parametrize("told", [{}, {"State": None}, {"State": {"Running": True}}, []])
def test_a_state_that_makes_no_sense_is_told(told: Any) -> None:
    found, _ = engine(inspect_container=told)
    with pytest.raises(EngineError, match="can't be inspected"):
        found.state("c1")


def test_a_program_that_can_not_be_started_is_the_images_fault() -> None:
    found, _ = engine(start=OSError('runc create failed: exec: "/x": no such file'))
    with pytest.raises(UnhealthyError, match="no such file"):
        found.start("c1")
    found, _ = engine(start=OSError("no space left on device"))
    with pytest.raises(EngineError, match="no space"):
        found.start("c1")


class Stream:
    """What the SDK gives for a container's output; its own `close` forgets the socket."""

    def __init__(self, *pieces: Any) -> None:
        self.pieces = iter(pieces)
        self._response = io.BytesIO()

    def __iter__(self) -> Iterator[Any]:
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    def close(self) -> None:
        raise OSError(9, "Bad file descriptor")


def test_output_is_asked_for_before_it_is_read_and_let_go_at_the_end() -> None:
    stream = Stream((b"out", None), (None, b"err"))
    found, api = engine(attach=stream)
    pieces = found.output("c1")
    assert api.asked[-1][0] == "attach"
    assert list(pieces) == [(b"out", b""), (b"", b"err")]
    assert stream._response.closed


def test_output_that_breaks_off_is_told() -> None:
    found, _ = engine(attach=Stream((b"out", None), ConnectionResetError(104, "reset")))
    with pytest.raises(EngineError, match="output stopped: reset"):
        list(found.output("c1"))


@pytest.mark.parametrize(
    ("status", "when", "within", "gone"),
    [
        ("exited", "2026-01-01T11:58:00.123456789Z", None, True),
        ("exited", "2026-01-01T11:59:30Z", None, False),
        ("running", "2026-01-01T00:00:00Z", None, False),
        ("running", "2026-01-01T11:00:00Z", "600", True),
        ("running", "2026-01-01T11:55:00Z", "600", False),
        ("running", "2026-01-01T11:00:00Z", "soon", False),
    ],
)
def test_containers_that_nobody_waits_for_are_known_by_the_engines_clock(
    status: str, when: str, within: str | None, *, gone: bool
) -> None:
    labels = {LABEL: "confined"} | ({f"{LABEL}.within": within} if within else {})
    found, api = engine(
        info={"SystemTime": "2026-01-01T12:00:00.5+00:00"},
        containers=[{"Id": "old"}],
        inspect_container={
            "Config": {"Labels": labels}, "State": {"Status": status, "FinishedAt": when},
            "Created": when,
        },
    )  # fmt: skip
    assert found.abandoned() == (("old",) if gone else ())
    assert ("containers", (), {"all": True, "filters": {"label": LABEL}, "limit": 100}) in api.asked


def test_a_container_that_goes_while_it_is_looked_at_is_nobodys() -> None:
    """Two trials at once on one engine."""
    listed = [answer({"SystemTime": "2026-01-01T12:00:00Z"}), answer([{"Id": "theirs"}])]
    gone = answer({"message": "no such container"}, status=404)
    with (
        listening(*[answer(VERSION)] * 2, *listed, gone) as address,
        connect({}, address) as found,
    ):
        assert found.abandoned() == ()


def test_what_an_engine_says_of_itself_is_printable() -> None:
    found, _ = engine(version={**VERSION, "Version": "29\x1b[2J" + "9" * 100})
    assert found.facts.version.isprintable()
    assert json.dumps(found.facts.version)
