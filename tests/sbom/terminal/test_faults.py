"""Every error reaches a user as a sentence with a remedy; our own faults as a file to report."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from workflow_containers.errors import LayoutError
from workflow_release.errors import BuildError, ReleaseError
from workflow_sbom.errors import InventoryError
from workflow_sbom.terminal.console import Console
from workflow_sbom.terminal.faults import INTERNAL_FAULT, Program, tell


def told(error: Exception, logs: Path) -> tuple[int, list[str]]:
    err = io.StringIO()
    program = Program(name="workflow-release", version="1.2.3", logs=logs)
    code = tell(error, Console(out=io.StringIO(), err=err, colour=False, live=False), program)
    return code, err.getvalue().splitlines()


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_an_error_of_ours_has_its_exit_code(tmp_path: Path) -> None:
    code, lines = told(BuildError("it failed", remedy="mend it"), tmp_path)
    assert (code, lines) == (7, ["error: it failed", "remedy: mend it"])


@pytest.mark.parametrize("error", [LayoutError("no layout: x"), InventoryError("no layout: x")])
def test_an_error_of_the_packages_below_is_a_sentence_too(tmp_path: Path, error: Exception) -> None:
    code, lines = told(error, tmp_path)
    assert (code, lines[0]) == (error.exit_code, "error: no layout: x")  # type: ignore[attr-defined]
    assert lines[1].startswith("remedy: ")


def test_what_the_machine_refuses_names_the_file(tmp_path: Path) -> None:
    error = OSError(28, "No space left on device", "/full/disk")
    code, lines = told(error, tmp_path)
    assert (code, lines[0]) == (1, "error: /full/disk: No space left on device")
    assert lines[1].startswith("remedy: is the disk full")


@pytest.mark.parametrize("error", [KeyError("secret"), RecursionError("deep"), OSError("odd")])
def test_a_fault_of_our_own_leaves_its_traceback_in_a_file(
    tmp_path: Path, error: Exception
) -> None:
    code, lines = told(raised(error), tmp_path / "logs")
    (log,) = (tmp_path / "logs").iterdir()
    assert code == INTERNAL_FAULT == 70
    assert lines[0] == f"error: internal fault, please report; details in {log}"
    assert "Traceback" not in "".join(lines)
    text = log.read_text()
    assert text.startswith("workflow-release 1.2.3, Python ")
    assert "Traceback (most recent call last):" in text
    assert repr(error) in text or str(error) in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_where_no_file_can_be_written_the_fault_is_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    code, lines = told(raised(KeyError("x")), tmp_path / "logs")
    assert (code, lines[0]) == (70, "error: internal fault, please report")


def test_no_other_error_has_the_exit_code_of_a_fault() -> None:
    codes = [error.exit_code for error in ReleaseError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert INTERNAL_FAULT not in codes
