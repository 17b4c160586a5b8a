from __future__ import annotations

import pytest

from simulators.servers import Server, reply
from simulators.transports import Told, answer
from workflow_containers.errors import RegistryError
from workflow_containers.network.http import Http
from workflow_containers.network.interface import Request, Response
from workflow_containers.network.redirecting import MAX_REDIRECTS, Redirecting

SECRETS = {"Authorization": "secret", "cookie": "secret", "Accept": "x", "Range": "bytes=1-"}


def leading(**places: str) -> Told:
    """Answers with a redirect where a place is named after a path's last part."""

    def answering(request: Request) -> Response:
        location = places.get(request.url.rpartition("/")[2])
        if location is None:
            return answer(request, 200, b"here")
        return answer(request, 307, b"go", {"location": location})

    return Told(answering)


def ask(told: Told, method: str = "GET", url: str = "https://a.test/x") -> Response:
    return Redirecting(told)(Request(method=method, url=url, headers=SECRETS))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_reads_is_asked_again_elsewhere(status: int, method: str) -> None:
    told = Told(
        lambda request: (
            answer(request, 200, b"here")
            if request.url.endswith("/y")
            else answer(request, status, b"go", {"location": "y"})
        )
    )
    with ask(told, method) as response:
        assert (response.url, response.read(9)) == ("https://a.test/y", b"here")
    assert [each.method for each in told.requests] == [method, method]
    assert told.unclosed == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_changes_something_is_sent_once(method: str) -> None:
    told = leading(x="https://b.test/y")
    assert ask(told, method).status == 307
    assert len(told.requests) == 1


def test_another_origin_learns_nothing_of_us() -> None:
    for place in ("https://b.test/y", "https://a.test:444/y"):
        told = leading(x=place)
        ask(told)
        assert told.requests[1].headers == {"Accept": "x", "Range": "bytes=1-"}


def test_another_origin_can_t_win_it_back() -> None:
    told = leading(x="https://b.test/y", y="https://a.test/z")
    ask(told)
    assert told.requests[2].headers == {"Accept": "x", "Range": "bytes=1-"}


def test_the_same_origin_is_told_all() -> None:
    told = leading(x="https://A.test:443/y")
    ask(told)
    assert told.requests[1].headers == SECRETS


def test_redirects_end() -> None:
    told = leading(x="/y", y="/x")
    with pytest.raises(RegistryError, match=f"more than {MAX_REDIRECTS} redirects"):
        ask(told)
    assert len(told.requests) == MAX_REDIRECTS + 1
    assert told.unclosed == []


def test_https_never_becomes_http() -> None:
    told = leading(x="http://b.test/y")
    with pytest.raises(RegistryError, match="from https to http://b"):
        ask(told)
    assert told.unclosed == []


def test_a_server_that_takes_itself_for_http_is_asked_by_https() -> None:
    told = leading(x="http://a.test/y")
    assert ask(told).url == "https://a.test/y"
    told = leading(x="http://a.test:5000/y")
    assert ask(told, url="https://a.test:5000/x").url == "https://a.test:5000/y"


@pytest.mark.parametrize(
    "place", ["https://127.0.0.1/y", "https://localhost/y", "https://169.254.169.254/y"]
)
def test_nobody_outside_sends_us_into_our_own_network(place: str) -> None:
    with pytest.raises(RegistryError, match="private network"):
        ask(leading(x=place))


def test_inside_everything_may_be_inside() -> None:
    told = leading(x="http://127.0.0.1:81/y")
    assert ask(told, url="http://localhost/x").status == 200


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "https://u:p@b.test/", "https://b.test/\x1b"]
)
def test_places_that_are_none(place: str) -> None:
    told = leading(x=place)
    with pytest.raises(RegistryError):
        ask(told)
    assert told.unclosed == []


def test_a_redirect_to_nowhere_is_an_answer() -> None:
    told = Told(lambda request: answer(request, 304))
    assert ask(told).status == 304


def test_over_the_wire_no_credential_reaches_another_host() -> None:
    with Server(lambda _: reply(200, b"blob")) as store:
        lead = {"Location": store.url("/blob?signed=1")}
        with Server(lambda _: reply(307, b"over there", lead)) as registry:
            transport = Redirecting(Http(environment={}, plain_http=lambda _: True))
            request = Request(method="GET", url=registry.url("/x"), headers=SECRETS)
            assert transport(request).read(9) == b"blob"
    assert registry.asked[0].headers["authorization"] == "secret"
    assert "secret" not in str(store.asked)
    assert store.asked[0].target == "/blob?signed=1"
