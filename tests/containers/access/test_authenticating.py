from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from simulators.servers import Asked, Reply, Server, reply
from simulators.token_registry import TokenRegistry
from simulators.transports import Hours, MemoryBody, Told, answer
from workflow_containers.access.access import Access, Site
from workflow_containers.access.authenticating import Authenticating
from workflow_containers.access.challenge import parse
from workflow_containers.access.credentials import Anonymous, Basic, Credential, IdentityToken
from workflow_containers.access.endpoint import Endpoints
from workflow_containers.errors import CredentialsError, NetworkError, RegistryError
from workflow_containers.network.address import Address
from workflow_containers.network.http import Http
from workflow_containers.network.interface import Request, Response, Stream, Transport
from workflow_containers.network.redirecting import Redirecting
from workflow_containers.secret import Secret

ME = Basic(username="me", password=Secret("pass:wörd"))
TOKEN = IdentityToken(token=Secret("refresh+me&now"))
PULL = Request(method="GET", url="https://registry.test/v2/a/blobs/sha256:00")
PUSH = Request(method="PUT", url="https://registry.test/v2/a/manifests/1", body=b"{}")


def registry(**more: object) -> TokenRegistry:
    made = TokenRegistry(users={"me": "pass:wörd"}, refreshing={"refresh+me&now"})
    for name, value in more.items():
        setattr(made, name, value)
    return made


def knowing(
    transport: Transport,
    credential: Credential = ME,
    hours: Hours | None = None,
    plain_http: tuple[str, ...] = (),
) -> Authenticating:
    return Authenticating(
        transport=transport,
        credentials=lambda _: credential,
        endpoints=Endpoints.of(plain_http),
        clock=(hours or Hours()).clock,
    )


def challenged(said: str, tokens: Callable[[Request], Response] | None = None) -> Told:
    """A registry that says only this to whoever comes; other hosts answer as `tokens`."""

    def answering(request: Request) -> Response:
        if request.url.startswith("https://registry.test/"):
            return answer(request, 401, b"who?", {"www-authenticate": said})
        assert tokens is not None, request.url
        return tokens(request)

    return Told(answering)


def issuing(document: object, status: int = 200) -> Told:
    """A token service that says this to whoever comes."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return challenged(
        'Bearer realm="https://auth.test/t",service="s"',
        lambda request: answer(request, status, data),
    )


# Tokens.


def test_a_token_is_fetched_with_a_password_and_used_again() -> None:
    server = registry()
    me = knowing(server)
    for _ in range(3):
        assert me(PULL).read(9) == b"here"
    methods = [(each.method, each.url.partition("?")[0]) for each in server.requests]
    assert methods == [
        ("GET", PULL.url),
        ("GET", "https://auth.test/token"),
        ("GET", PULL.url),
        ("GET", PULL.url),
        ("GET", PULL.url),
    ]
    pair = b64encode("me:pass:wörd".encode()).decode()
    assert server.requests[1].headers == {"Authorization": f"Basic {pair}"}


def test_a_token_is_fetched_with_an_identity_token() -> None:
    server = registry()
    assert knowing(server, TOKEN)(PUSH).status == 200
    asked = server.requests[1]
    assert (asked.method, asked.url) == ("POST", "https://auth.test/token")
    assert asked.body == (
        b"grant_type=refresh_token&service=registry.test&client_id=workflow-containers"
        b"&scope=repository%3Aa%3Apull%2Cpush&refresh_token=refresh%2Bme%26now"
    )
    assert "refresh" not in asked.url
    assert "Authorization" not in asked.headers


def test_nobody_in_particular_may_pull() -> None:
    server = registry()
    assert knowing(server, Anonymous())(PULL).status == 200
    assert server.requests[1].headers == {}


def test_a_service_that_has_nothing_for_nobody_in_particular() -> None:
    with pytest.raises(CredentialsError, match=r"auth\.test: no token for nobody in particular"):
        knowing(issuing({}, 401), Anonymous())(PULL)


def test_nobody_in_particular_may_not_push() -> None:
    with pytest.raises(CredentialsError, match="not without credentials") as caught:
        knowing(registry(), Anonymous())(PUSH)
    assert caught.value.remedy == "workflow-containers registry login registry.test"


@pytest.mark.parametrize(
    "credential",
    [Basic(username="me", password=Secret("wrong")), IdentityToken(token=Secret("wrong"))],
)
def test_a_credential_that_is_no_good(credential: Credential) -> None:
    server = registry()
    with pytest.raises(CredentialsError, match=r"auth\.test: no token for") as caught:
        knowing(server, credential)(PULL)
    assert "wrong" not in f"{caught.value} {caught.value.remedy}"
    assert len(server.requests) == 2


def test_credentials_are_asked_for_once_and_only_when_wanted() -> None:
    asked: list[str] = []

    def who(name: str) -> Credential:
        asked.append(name)
        return ME

    server = registry()
    me = Authenticating(transport=server, credentials=who, endpoints=Endpoints())
    me(PULL)
    me(PUSH)
    assert asked == ["registry.test"]
    open_to_all = Authenticating(transport=Told(answer), credentials=who, endpoints=Endpoints())
    open_to_all(PULL)
    assert asked == ["registry.test"]


def test_docker_hub_is_known_by_its_name() -> None:
    asked: list[str] = []

    def who(name: str) -> Credential:
        asked.append(name)
        return ME

    hub = registry(host="registry-1.docker.io")
    url = PULL.url.replace("registry.test", "registry-1.docker.io")
    me = Authenticating(transport=hub, credentials=who, endpoints=Endpoints())
    assert me(Request(method="GET", url=url)).status == 200
    assert asked == ["docker.io"]


def test_each_kind_of_request_has_a_token_of_its_own() -> None:
    server = registry()
    me = knowing(server)
    for request in (PULL, PUSH, PULL, PUSH):
        me(request)
    assert server.asked == {"repository:a:pull": 1, "repository:a:pull,push": 1}


def test_a_mount_may_pull_from_the_other_repository() -> None:
    server = registry()
    url = "https://registry.test/v2/a/blobs/uploads/?mount=sha256:00&from=team/b"
    assert knowing(server)(Request(method="POST", url=url)).status == 200
    assert server.asked == {"repository:a:pull,push repository:team/b:pull": 1}


def test_a_body_is_sent_again_with_the_token() -> None:
    opened: list[int] = []

    def produce() -> Iterator[bytes]:
        opened.append(1)
        return iter([b"ab"])

    server = registry()
    body = Stream(size=2, open=produce)
    url = "https://registry.test/v2/a/blobs/uploads/1"
    request = Request(method="PATCH", url=url, body=body, repeatable=False)
    assert knowing(server)(request).status == 200
    assert [each.body for each in server.requests] == [body, None, body]


@pytest.mark.parametrize(
    ("lifetime", "good"), [(300, 269), (None, 44), (20, 14), (0, 44), (10**9, 86_000)]
)
def test_a_token_is_renewed_shortly_before_it_ends(lifetime: int | None, good: float) -> None:
    hours, server = Hours(), registry(lifetime=lifetime)
    me = knowing(server, hours=hours)
    me(PULL)
    hours.at += good
    me(PULL)
    assert sum(server.asked.values()) == 1
    hours.at += 500
    me(PULL)
    assert sum(server.asked.values()) == 2
    statuses = [each.url.startswith(server.realm) for each in server.requests]
    assert statuses == [False, True, False, False, True, False]


def test_a_token_that_is_rejected_is_fetched_anew_once() -> None:
    server = registry()
    me = knowing(server)
    me(PULL)
    server.revoke()
    assert me(PULL).status == 200
    assert sum(server.asked.values()) == 2


def test_a_registry_that_rejects_every_token_is_believed() -> None:
    told = issuing({"token": "abc"})
    with pytest.raises(CredentialsError, match="does not let 'me' do this"):
        knowing(told)(PULL)
    assert len(told.requests) == 3
    assert told.unclosed == []


def test_many_threads_fetch_one_token() -> None:
    server = registry()
    me = knowing(server)
    gate = threading.Barrier(8)

    def pull(_: int) -> int:
        gate.wait(10)
        return me(PULL).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(pull, range(8))) == {200}
    assert sum(server.asked.values()) == 1


def test_many_threads_renew_one_token() -> None:
    server = registry()
    me = knowing(server)
    me(PULL)
    server.revoke()
    with ThreadPoolExecutor(8) as pool:
        assert {each.status for each in pool.map(lambda _: me(PULL), range(64))} == {200}
    assert sum(server.asked.values()) == 2


def test_two_who_are_asked_for_different_things_do_not_share_a_token() -> None:
    """What is of no repository: one wants the catalogue meanwhile, and is told so."""
    server = registry()
    site = Site(
        address=Address.parse("https://registry.test/v2/"),
        transport=server,
        credentials=lambda _: ME,
        endpoints=Endpoints(),
        clock=Hours().clock,
    )
    access = Access(site=site, scopes=())
    said = f'Bearer realm="{server.realm}",service="registry.test"'
    first = access.asked(parse(said), None)
    assert access.asked(parse(said), None) == first
    assert access.asked(parse(f'{said},scope="registry:catalog:*"'), None) != first


def test_a_failing_token_service_is_no_lock_out() -> None:
    fails = iter([True, False])
    server = registry()

    def flaky(request: Request) -> Response:
        if request.url.startswith(server.realm) and next(fails, False):
            raise NetworkError("reset")
        return server(request)

    me = knowing(flaky)
    with pytest.raises(NetworkError):
        me(PULL)
    assert me(PULL).status == 200


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"no json",
        b"[]",
        b'"abc"',
        b"{" * 5000,
        {},
        {"token": ""},
        {"token": None},
        {"token": 7},
        {"token": ["a"]},
        {"token": "a\r\nX-Evil: b"},
        {"token": "a\nb"},
        {"token": "a b"},
        {"token": "é"},
        {"token": "x" * 20000},
        {"token": "x" * 200_000},
    ],
)
def test_what_is_no_token(document: object) -> None:
    told = issuing(document)
    with pytest.raises(RegistryError) as caught:
        knowing(told)(PULL)
    assert len(told.requests) == 2
    assert len(str(caught.value)) < 300
    assert told.unclosed == []


@pytest.mark.parametrize(
    "document",
    [
        {"access_token": "abc"},
        {"token": "abc", "access_token": "abc", "expires_in": -5},
        {"token": "abc", "expires_in": True},
        {"token": "abc", "expires_in": "soon"},
        {"token": "abc", "expires_in": 10**100},
    ],
)
def test_what_is_one(document: object) -> None:
    told = issuing(document)
    with pytest.raises(CredentialsError):
        knowing(told)(PULL)
    assert told.requests[2].headers["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("status", [301, 404, 429, 500])
def test_a_token_service_that_answers_otherwise(status: int) -> None:
    with pytest.raises(RegistryError, match=f"HTTP {status}"):
        knowing(issuing({}, status))(PULL)


# Where nobody may send us.


@pytest.mark.parametrize(
    "realm",
    [
        "http://auth.test/t",
        "http://127.0.0.1/t",
        "http://localhost:8080/t",
        "https://127.0.0.1/t",
        "https://localhost/t",
        "https://[::1]/t",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/t",
        "https://[::ffff:10.0.0.1]/t",
        "https://2130706433/t",
        "file:///etc/passwd",
        "ftp://auth.test/t",
        "https://u:p@auth.test/t",
        "//auth.test/t",
        "/token",
        "token",
        "",
        "https://auth.test/t\tx",
        "https://auth.test\\\\@evil.test/",
    ],
)
def test_realms_that_are_refused(realm: str) -> None:
    told = challenged(f'Bearer realm="{realm}",service="s"')
    with pytest.raises(RegistryError):
        knowing(told)(PULL)
    assert len(told.requests) == 1
    assert told.unclosed == []


def test_a_bearer_without_a_realm_is_refused() -> None:
    with pytest.raises(RegistryError):
        knowing(challenged('Bearer service="s"'))(PULL)


def test_a_realm_by_plain_http_that_the_user_named() -> None:
    told = challenged(
        'Bearer realm="http://auth.lan:81/t"',
        lambda request: answer(request, 200, b'{"token":"a"}'),
    )
    with pytest.raises(CredentialsError):
        knowing(told, plain_http=("auth.lan:81",))(PULL)
    assert told.requests[1].url.startswith("http://auth.lan:81/t?")


def test_a_registry_on_this_machine_may_have_its_token_service_here() -> None:
    local = registry(host="localhost:5000", realm="http://127.0.0.1:5001/t")
    url = "http://localhost:5000/v2/a/manifests/1"
    assert knowing(local)(Request(method="GET", url=url)).status == 200


def test_a_realm_may_have_a_query_of_its_own() -> None:
    told = challenged(
        'Bearer realm="https://auth.test/t?a=b",scope="x:y:z"',
        lambda request: answer(request, 401),
    )
    with pytest.raises(CredentialsError):
        knowing(told)(PULL)
    assert told.requests[1].url == (
        "https://auth.test/t?a=b&scope=repository%3Aa%3Apull&scope=x%3Ay%3Az"
    )


def test_no_credential_goes_over_plain_http() -> None:
    told = Told(lambda r: answer(r, 401, b"", {"www-authenticate": 'Basic realm="x"'}))
    with pytest.raises(RegistryError, match="no credentials are sent over plain http"):
        knowing(told)(Request(method="GET", url="http://registry.lan/v2/"))
    assert len(told.requests) == 1


@pytest.mark.parametrize(
    "said",
    ["", "Negotiate abc==", 'Digest realm="x"', "rubbish \x00", 'Bearer realm="x', "x" * 9000],
)
def test_challenges_that_can_t_be_answered(said: str) -> None:
    told = challenged(said)
    with pytest.raises(RegistryError):
        knowing(told)(PULL)
    assert len(told.requests) == 1
    assert told.unclosed == []


# Passwords.


def basic(good: str) -> Told:
    pair = f"Basic {b64encode(good.encode()).decode()}"

    def answering(request: Request) -> Response:
        if request.headers.get("Authorization") == pair:
            return answer(request, 200, b"here")
        return answer(request, 401, b"who?", {"www-authenticate": 'Basic realm="r"'})

    return Told(answering)


def test_a_password_is_sent_when_asked_for_and_from_then_on() -> None:
    told = basic("me:pass:wörd")
    me = knowing(told)
    assert [me(each).status for each in (PULL, PUSH, PULL)] == [200, 200, 200]
    assert ["Authorization" in each.headers for each in told.requests] == [False, True, True, True]


def test_a_wrong_password_is_sent_once() -> None:
    told = basic("me:other")
    me = knowing(told)
    for count in (2, 3):
        with pytest.raises(CredentialsError, match="does not let 'me' do this"):
            me(PULL)
        assert len(told.requests) == count


@pytest.mark.parametrize("credential", [Anonymous(), TOKEN])
def test_who_has_no_password(credential: Credential) -> None:
    told = basic("me:pass")
    with pytest.raises(CredentialsError):
        knowing(told, credential)(PULL)
    assert len(told.requests) == 1


def test_a_token_is_preferred_to_a_password() -> None:
    said = 'Basic realm="r", Bearer realm="https://auth.test/t"'
    told = challenged(said, lambda request: answer(request, 200, b'{"token":"abc"}'))
    with pytest.raises(CredentialsError):
        knowing(told)(PULL)
    assert told.requests[2].headers["Authorization"] == "Bearer abc"


# Nowhere else.


def test_one_registry_never_sees_the_credentials_of_another() -> None:
    seen: list[str] = []

    def who(name: str) -> Credential:
        seen.append(name)
        return ME if name == "registry.test" else Anonymous()

    told = basic("me:pass:wörd")
    me = Authenticating(transport=told, credentials=who, endpoints=Endpoints())
    me(PULL)
    for url in ("https://registry.test:444/v2/", "https://evil.test/v2/"):
        with pytest.raises(CredentialsError):
            me(Request(method="GET", url=url))
    assert "Authorization" not in told.requests[-1].headers
    assert seen == ["registry.test", "registry.test:444", "evil.test"]


def test_somebody_it_sent_us_to_is_not_answered() -> None:
    """Storage elsewhere that says 401 gets no credential, and its answer is handed on."""

    def elsewhere(_: Request) -> Response:
        headers = {"www-authenticate": 'Basic realm="give me"'}
        return Response(
            status=401, headers=headers, body=MemoryBody(b"no"), url="https://storage.test/blob"
        )

    told = Told(elsewhere)
    assert knowing(told)(PULL).status == 401
    assert len(told.requests) == 1


def test_over_the_wire_tokens_stay_with_their_registry() -> None:
    def serve(asked: Asked) -> Reply:
        if asked.target.startswith("/token"):
            return reply(200, b'{"token": "abc", "expires_in": 300}')
        if asked.headers.get("authorization") == "Bearer abc":
            return reply(307, b"", {"Location": store.url("/blob")})
        said = f'Bearer realm="{server.url("/token")}",service="s"'
        return reply(401, b"who?", {"WWW-Authenticate": said})

    with Server(lambda _: reply(200, b"blob")) as store, Server(serve) as server:
        endpoints = Endpoints()
        http = Http(environment={}, plain_http=endpoints.may_be_plain)
        me = Authenticating(
            transport=Redirecting(http), credentials=lambda _: ME, endpoints=endpoints
        )
        request = Request(method="GET", url=server.url("/v2/a/blobs/sha256:00"))
        assert me(request).read(9) == b"blob"
        http.close()
    assert "authorization" not in store.asked[0].headers
    assert [each.target.partition("?")[0] for each in server.asked] == [
        "/v2/a/blobs/sha256:00",
        "/token",
        "/v2/a/blobs/sha256:00",
    ]
    assert server.connections == 1


def test_nothing_shows_a_secret() -> None:
    server = registry()
    for credential in (ME, TOKEN):
        me = knowing(server, credential)
        me(PULL)
        shown = f"{me!r} {credential!r} {credential} {server.requests!r}"
        assert not any(word in shown for word in ("wörd", "refresh+", "token-", "Basic "))


def test_what_is_asked_by_nobody_takes_nothing_along_whoever_asks() -> None:
    told = challenged('Basic realm="r"')
    authenticating = knowing(told)
    with authenticating(replace(PUSH, anonymous=True)) as response:
        assert response.status == 401
    assert ["Authorization" in request.headers for request in told.requests] == [False]
