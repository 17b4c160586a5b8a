from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from workflow_release.building.once import Once


def test_an_answer_is_found_once_however_many_ask_at_once() -> None:
    once, found = Once[int](), list[int]()
    together = threading.Barrier(8)

    def find() -> int:
        found.append(len(found))
        return 42

    def ask(_: int) -> int:
        together.wait(10)
        return once.answer("which", find)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [42] * 8
    assert found == [0]


def test_another_question_has_another_answer_and_waits_for_nobody() -> None:
    once = Once[str]()
    assert once.answer("a", lambda: once.answer("b", lambda: "inner") + " outer") == "inner outer"
    assert once.answer("b", lambda: "never") == "inner"


def test_an_error_is_no_answer() -> None:
    once = Once[int]()

    def fail() -> int:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        once.answer("which", fail)
    assert once.answer("which", lambda: 1) == 1
