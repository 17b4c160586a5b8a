from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import formatdate

import pytest

from simulators.transports import Hours, Told, answer
from workflow_containers.errors import NetworkError, RegistryError
from workflow_containers.network.clock import Clock
from workflow_containers.network.interface import Request, Response
from workflow_containers.network.retrying import Policy, Retrying, retry_after

GET = Request(method="GET", url="https://a.test/")
POLICY = Policy(attempts=5, first=1.0, longest=4.0, obeyed=60.0, total=100.0)


def failing(*outcomes: int | Exception, headers: dict[str, str] | None = None) -> Told:
    """Answers or fails in that order, then succeeds."""
    left: Iterator[int | Exception] = iter(outcomes)

    def answering(request: Request) -> Response:
        outcome = next(left, 200)
        if isinstance(outcome, Exception):
            raise outcome
        return answer(request, outcome, b"said", headers)

    return Told(answering)


def ask(told: Told, hours: Hours, request: Request = GET, policy: Policy = POLICY) -> Response:
    return Retrying(transport=told, policy=policy, clock=hours.clock)(request)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int) -> None:
    hours, told = Hours(), failing(status, NetworkError("reset"), status)
    assert ask(told, hours).status == 200
    assert hours.slept == [1.0, 2.0, 4.0]
    assert told.unclosed == told.responses[-1:]


@pytest.mark.parametrize("status", [200, 206, 307, 400, 401, 403, 404, 405, 409, 416, 501, 505])
def test_what_will_stay_is_an_answer(status: int) -> None:
    hours, told = Hours(), failing(status)
    assert ask(told, hours).status == status
    assert hours.slept == []


def test_the_last_answer_is_handed_on_and_can_be_read() -> None:
    hours, told = Hours(), failing(*[503] * 9)
    with ask(told, hours) as response:
        assert (response.status, response.read(9)) == (503, b"said")
    assert len(told.requests) == 5
    assert hours.slept == [1.0, 2.0, 4.0, 4.0]


def test_the_last_error_is_handed_on() -> None:
    errors = [NetworkError(str(number)) for number in range(9)]
    with pytest.raises(NetworkError) as caught:
        ask(failing(*errors), Hours())
    assert caught.value is errors[4]


def test_an_error_after_an_answer_and_the_other_way_round() -> None:
    with pytest.raises(NetworkError):
        ask(failing(503, NetworkError("x")), Hours(), policy=Policy(attempts=2))
    assert ask(failing(NetworkError("x"), 503), Hours(), policy=Policy(attempts=2)).status == 503


def test_only_the_network_is_tried_again() -> None:
    told = failing(RegistryError("no"))
    with pytest.raises(RegistryError):
        ask(told, Hours())
    assert len(told.requests) == 1


def test_what_would_end_the_same_is_not_tried_again() -> None:
    hours, told = Hours(), failing(NetworkError("its certificate is refused", lasting=True))
    with pytest.raises(NetworkError):
        ask(told, hours)
    assert (len(told.requests), hours.slept) == (1, [])


def test_what_may_not_be_repeated_is_sent_once() -> None:
    hours, once = Hours(), Request(method="POST", url="https://a.test/", repeatable=False)
    told = failing(503)
    assert ask(told, hours, once).status == 503
    with pytest.raises(NetworkError):
        ask(failing(NetworkError("x")), hours, once)
    assert (len(told.requests), hours.slept) == (1, [])


@pytest.mark.parametrize("luck", [0.0, 0.25, 1.0])
def test_pauses_are_of_chance_length(luck: float) -> None:
    hours = Hours(luck=luck)
    ask(failing(503, 503), hours)
    assert hours.slept == [luck * 1.0, luck * 2.0]


def test_a_server_may_say_when() -> None:
    hours = Hours(luck=0.0)
    ask(failing(429, headers={"retry-after": "7"}), hours)
    assert hours.slept == [7.0]


def test_a_server_that_asks_for_too_much_patience_gets_none() -> None:
    hours, told = Hours(), failing(429, headers={"retry-after": "3600"})
    assert ask(told, hours).status == 429
    assert hours.slept == []


def test_nothing_begins_after_the_time_is_up() -> None:
    hours = Hours(luck=0.0)
    told = failing(*[429] * 9, headers={"retry-after": "40"})
    assert ask(told, hours).status == 429
    assert hours.slept == [40.0, 40.0]


def test_slow_failures_use_the_time_up_too() -> None:
    hours = Hours()

    def slow(_: Request) -> Response:
        hours.at += 60
        raise NetworkError("no answer in time")

    told = Told(slow)
    with pytest.raises(NetworkError):
        ask(told, hours)
    assert len(told.requests) == 2


DATE = 1_750_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", 0.0),
        ("0", 0.0),
        ("120", 120.0),
        (formatdate(DATE + 90, usegmt=True), 90.0),
        (formatdate(DATE - 90, usegmt=True), 0.0),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("٣", 0.0),
        ("soon", 0.0),
        ("9" * 5000, 0.0),
        ("Wed, 99 Foo 2026 99:99:99 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 251_652_387_139.0),
    ],
)
def test_when_a_server_says(value: str, seconds: float) -> None:
    assert retry_after(value, DATE) == pytest.approx(seconds)


def test_a_sleeper_who_is_told_to_stop_wakes_up() -> None:
    slept: list[float] = []

    class Stop(Exception):  # noqa: N818 - a test's own
        pass

    def guard(sleep: Callable[[float], None]) -> Callable[[float], None]:
        def step(seconds: float) -> None:
            if len(slept) == 3:
                raise Stop
            sleep(seconds)

        return step

    clock = Clock(sleep=slept.append).guarded(guard)
    with pytest.raises(Stop):
        clock.sleep(60)
    assert sum(slept) < 1


def test_the_machine_s_own_clock_goes_on_and_has_luck() -> None:
    clock = Clock()
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() - before >= 0.01
    assert clock.date() > DATE
    assert 0 <= clock.chance() < 1


def test_a_short_sleep_is_slept_in_full() -> None:
    slept: list[float] = []
    Clock(sleep=slept.append).guarded(lambda sleep: sleep).sleep(0.6)
    assert sum(slept) == pytest.approx(0.6)


def test_what_was_put_off_was_not_begun_and_is_sent_again() -> None:
    hours, once = Hours(), Request(method="PATCH", url="https://a.test/", repeatable=False)
    assert ask(failing(429, 429, headers={"retry-after": "7"}), hours, once).status == 200
    assert hours.slept == [8.0, 9.0]
