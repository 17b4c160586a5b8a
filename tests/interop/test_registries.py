"""Pushing and pulling against real registries, as a user types it: open, by password, by token.

Debian's docker-registry, and two written in Go by others. What is true is read from their answers
and files, and from the archive, without our code.
"""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from simulators import faults, proxy, servers, token_server
from simulators.servers import Server
from simulators.token_server import TokenServer
from support import registries, shops
from support.certificates import Authority
from support.images import Digests
from support.person import CONTAINERS, Outcome, User
from support.registries import PASSWORD, USER, Registry
from support.shops import Shop

INDEX = "application/vnd.oci.image.index.v1+json"
CHALLENGE = "www-authenticate"
ALL = frozenset({"pull", "push"})
# Whatever this machine's own network needs takes no part.
NO_NETWORK = dict.fromkeys(
    ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR", "https_proxy", "NO_PROXY", "no_proxy"),
    "",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shops.built(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(home=tmp_path / "home", cache=tmp_path / "cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A registry to push to, what its user has in the environment, and who gives out tokens."""

    registry: Registry
    name: str
    environment: dict[str, str] = field(default_factory=dict)
    tokens: TokenServer | None = None
    secured: bool = False

    def login(self, user: User, name: str = USER, password: str = PASSWORD) -> Outcome:
        words = ("registry", "login", self.name, "--username", name, "--password-stdin")
        return user.containers(*words, stdin=f"{password}\n", env=self.environment)

    def push(self, user: User, shop: Shop, *names: str) -> Outcome:
        places = [f"{self.name}/{name}" for name in names]
        return user.containers("push", str(shop.archive), *places, env=self.environment)


@contextmanager
def open_to_all(folder: Path) -> Iterator[Kind]:
    with registries.distribution(folder) as registry:
        yield Kind(registry=registry, name=registry.address)


@contextmanager
def by_password(folder: Path) -> Iterator[Kind]:
    with registries.distribution(folder, **registries.with_password(folder)) as registry:
        yield Kind(registry=registry, name=registry.address, secured=True)


@contextmanager
def by_token(folder: Path) -> Iterator[Kind]:
    folder.mkdir(parents=True, exist_ok=True)
    tokens = TokenServer(
        issuer=Authority.made(folder, "issuer"),
        passwords={USER: PASSWORD, "ben": "b"},
        grants={
            USER: {"team/shop": ALL, "team/till": ALL},
            "ben": {"team/shop": frozenset({"pull"})},
        },
    )
    with token_server.serving(tokens) as realm:
        settings = registries.with_tokens(realm, tokens.issuer)
        with registries.distribution(folder, **settings) as registry:
            yield Kind(registry=registry, name=registry.address, tokens=tokens, secured=True)


@contextmanager
def by_tls(folder: Path) -> Iterator[Kind]:
    """With an authority of its own, under a name that only the proxy of the house knows."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority.made(folder)
    settings = {
        **registries.with_password(folder),
        **registries.with_tls(authority, "registry.test"),
    }
    with registries.distribution(folder, **settings) as registry:
        host, _, port = registry.address.partition(":")

        def connect(asked: servers.Asked) -> servers.Reply:
            assert (asked.method, asked.target) == ("CONNECT", f"registry.test:{port}")
            return servers.Reply(data=(b"HTTP/1.1 200 OK\r\n\r\n",), tunnel=(host, int(port)))

        with Server(connect) as house:
            yield Kind(
                registry=registry,
                name=f"registry.test:{port}",
                environment={
                    **NO_NETWORK,
                    "HTTPS_PROXY": house.url(),
                    "SSL_CERT_FILE": str(authority.bundle),
                },
                secured=True,
            )


@contextmanager
def ociregistry(folder: Path) -> Iterator[Kind]:
    with registries.in_memory("ociregistry", folder) as registry:
        yield Kind(registry=registry, name=registry.address)


@contextmanager
def go_containerregistry(folder: Path) -> Iterator[Kind]:
    with registries.in_memory("go-containerregistry", folder) as registry:
        yield Kind(registry=registry, name=registry.address)


KINDS: tuple[Callable[[Path], AbstractContextManager[Kind]], ...] = (
    open_to_all, by_password, by_token, by_tls, ociregistry, go_containerregistry,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_pushed_is_pulled_to_the_byte(
    kind: Callable[[Path], AbstractContextManager[Kind]], shop: Shop, user: User, tmp_path: Path
) -> None:
    with kind(tmp_path / "registry") as there:
        if there.secured:
            assert there.login(user).code == 0
        pushed = there.push(user, shop, "team/shop")
        assert pushed.code == 0, pushed.err
        assert f"{there.name}/team/shop@{shop.digests.index}" in pushed.out
        stranger = User(home=user.home, cache=tmp_path / "another cache")
        pulled = stranger.containers(
            *("pull", f"{there.name}/team/shop:1.2.3", "--output", str(tmp_path / "pulled.tar")),
            env=there.environment,
        )
        assert pulled.code == 0, pulled.err
        assert (tmp_path / "pulled.tar").read_bytes() == shop.archive.read_bytes()


def test_all_platforms_and_the_index_are_there_by_digest(shop: Shop, tmp_path: Path) -> None:
    with open_to_all(tmp_path / "registry") as there:
        user = User(home=tmp_path / "home", cache=tmp_path / "cache")
        assert there.push(user, shop, "team/shop").code == 0
        url = f"http://{there.name}/v2/team/shop/manifests"
        answer = httpx.get(f"{url}/1.2.3", headers={"Accept": INDEX})
        assert answer.headers["docker-content-digest"] == shop.digests.index
        configurations = {
            entry["platform"]["architecture"]: httpx.get(
                f"{url}/{entry['digest']}", headers={"Accept": entry["mediaType"]}
            ).json()["config"]["digest"]
            for entry in answer.json()["manifests"]
        }
        assert configurations == shop.digests.configurations


def test_the_second_push_uploads_nothing(shop: Shop, user: User, tmp_path: Path) -> None:
    with open_to_all(tmp_path / "registry") as there:
        assert there.push(user, shop, "team/shop").code == 0
        before = there.registry.uploading()
        assert before > 0
        assert there.push(user, shop, "team/shop").code == 0
        assert there.registry.uploading() == before


def test_what_another_repository_has_is_mounted(shop: Shop, user: User, tmp_path: Path) -> None:
    with open_to_all(tmp_path / "registry") as there, proxy.before(there.name) as before:
        through = Kind(registry=there.registry, name=before.host)
        pushed = through.push(user, shop, "team/shop", "team/till")
        assert pushed.code == 0, pushed.err
        begun = before.requests("POST", "/team/till/blobs/uploads/")
        assert [each.status for each in begun] == [201] * len(begun)
        assert len(begun) == len(before.requests("POST", "/team/shop/blobs/uploads/"))
        assert before.requests("PATCH", "/team/till/") == []
        assert before.requests("PUT", "/team/till/blobs/") == []
        manifest = f"http://{there.name}/v2/team/till/manifests/1.2.3"
        answer = httpx.head(manifest, headers={"Accept": INDEX})
        assert answer.headers["docker-content-digest"] == shop.digests.index


def test_a_mount_is_asked_for_with_the_right_to_the_source(
    shop: Shop, user: User, tmp_path: Path
) -> None:
    with by_token(tmp_path / "registry") as there:
        assert there.tokens is not None
        assert there.login(user).code == 0
        words = ("push", "--json", str(shop.archive))
        names = (f"{there.name}/team/shop", f"{there.name}/team/till")
        pushed = user.containers(*words, *names)
        assert pushed.code == 0, pushed.err
        first, second = json.loads(pushed.out)
        assert {blob["placed"] for blob in first["blobs"]} == {"uploaded"}
        assert {blob["placed"] for blob in second["blobs"]} == {"mounted"}
        scopes = {scope for asked in there.tokens.asked for scope in asked.scopes}
        assert "repository:team/till:pull,push" in scopes


# ------------------------------------------------------------------------------- who may do what


def refused(outcome: Outcome) -> None:
    """No credentials that suffice: said so, with what to do, and without the password."""
    assert outcome.code == 34, outcome.err
    assert "\nremedy: " in outcome.err
    assert PASSWORD not in outcome.err + outcome.out
    assert outcome.out.count("sha256:") == 0


@pytest.mark.parametrize("kind", [by_password, by_token, by_tls], ids=lambda kind: kind.__name__)
def test_without_the_right_password_nothing_goes(
    kind: Callable[[Path], AbstractContextManager[Kind]], shop: Shop, user: User, tmp_path: Path
) -> None:
    with kind(tmp_path / "registry") as there:
        refused(there.push(user, shop, "team/shop"))
        refused(there.login(user, password=f"{PASSWORD}!"))
        refused(there.push(user, shop, "team/shop"))
        assert there.registry.blobs() == set()
        assert there.login(user).code == 0
        kept = user.home / ".docker/config.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert there.push(user, shop, "team/shop").code == 0


def test_who_may_only_pull_is_told_when_pushing(shop: Shop, user: User, tmp_path: Path) -> None:
    with by_token(tmp_path / "registry") as there:
        assert there.login(user).code == 0
        assert there.push(user, shop, "team/shop").code == 0
        ben = User(home=tmp_path / "ben", cache=tmp_path / "cache of ben")
        assert there.login(ben, "ben", "b").code == 0
        pulled = ben.containers(
            "pull", f"{there.name}/team/shop:1.2.3", "-o", str(tmp_path / "pulled.tar")
        )
        assert pulled.code == 0, pulled.err
        other = shops.built(tmp_path / "other", "1.2.4")
        refused(there.push(ben, other, "team/shop"))
        refused(there.push(user, shop, "elsewhere/shop"))


def test_a_token_that_expires_on_the_way_is_renewed(shop: Shop, user: User, tmp_path: Path) -> None:
    """The registry's own refusal of a token, in the middle of a push."""
    with by_token(tmp_path / "registry") as there, proxy.before(there.name) as before:
        assert there.tokens is not None
        url = f"http://{there.name}/v2/team/shop/blobs/uploads/"
        challenge = httpx.post(url, headers={"Authorization": "Bearer x"}).headers[CHALLENGE]
        for method in ("POST", "PUT"):
            before.plan(method, faults.status(401, www_authenticate=challenge), skip=1)
        through = replace(there, name=before.host)
        assert through.login(user).code == 0
        pushed = through.push(user, shop, "team/shop")
        assert pushed.code == 0, pushed.err
        asked = [each for each in there.tokens.asked if "push" in "".join(each.scopes)]
        assert len(asked) > 1


def test_tokens_that_are_always_expired_end_in_an_error(
    shop: Shop, user: User, tmp_path: Path
) -> None:
    with by_token(tmp_path / "registry") as there:
        assert there.tokens is not None
        assert there.login(user).code == 0
        there.tokens.stale = 1000
        refused(there.push(user, shop, "team/shop"))


def test_an_identity_token_is_good_for_tokens(shop: Shop, user: User, tmp_path: Path) -> None:
    """What `docker login` keeps where the service gives one."""
    with by_token(tmp_path / "registry") as there:
        tokens = there.tokens
        assert tokens is not None
        tokens.refresh["r-1"] = USER
        config = user.home / ".docker/config.json"
        config.parent.mkdir(parents=True)
        entry = {"auth": b64encode(f"{USER}:".encode()).decode(), "identitytoken": "r-1"}
        config.write_text(json.dumps({"auths": {there.name: entry}}))
        pushed = there.push(user, shop, "team/shop")
        assert pushed.code == 0, pushed.err
        assert {asked.how for asked in tokens.asked} == {"refresh_token"}
        tokens.refresh.clear()
        refused(there.push(user, shop, "team/till"))


def test_a_registry_nobody_vouches_for_is_not_talked_to(
    shop: Shop, user: User, tmp_path: Path
) -> None:
    with by_tls(tmp_path / "registry") as there:
        del there.environment["SSL_CERT_FILE"]
        failed = there.push(user, shop, "team/shop")
        assert failed.code == 31, failed.err
        assert "certificate" in failed.err
        assert "\nremedy: " in failed.err


# ------------------------------------------------------------------------------------ two at once


def started(user: User, shop: Shop, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [CONTAINERS, "push", shop.archive, name],
        env=user.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_who_push_the_same_both_succeed(shop: Shop, user: User, tmp_path: Path) -> None:
    with open_to_all(tmp_path / "registry") as there:
        both = [started(user, shop, f"{there.name}/team/shop") for _ in range(2)]
        told = [process.communicate(timeout=60) for process in both]
        assert [process.returncode for process in both] == [0, 0], told
        assert all(shop.digests.index in out for out, _ in told)


def test_two_who_push_different_images_under_a_name_end_in_one_of_them_whole(
    shop: Shop, user: User, tmp_path: Path
) -> None:
    """Whoever notices is told. No registry compares and sets in one, so at times nobody can."""
    other = shops.built(tmp_path / "other", "1.2.4")
    with open_to_all(tmp_path / "registry") as there:
        both = [started(user, each, f"{there.name}/team/shop:same") for each in (shop, other)]
        told = [process.communicate(timeout=60) for process in both]
        assert {process.returncode for process in both} <= {0, 36}, told
        pulled = tmp_path / "pulled.oci.tar"
        got = user.containers("pull", f"{there.name}/team/shop:same", "--output", str(pulled))
        assert got.code == 0, got.err
        index = Digests.read(pulled).index
        assert index in {shop.digests.index, other.digests.index}


def test_a_name_that_is_taken_is_never_moved_unasked(
    shop: Shop, user: User, tmp_path: Path
) -> None:
    other = shops.built(tmp_path / "other", "1.2.4")
    with open_to_all(tmp_path / "registry") as there:
        assert there.push(user, shop, "team/shop:edge").code == 0
        taken = there.push(user, other, "team/shop:edge")
        assert taken.code == 36
        assert "\nremedy: " in taken.err
        moved = user.containers(
            "push", "--move", str(other.archive), f"{there.name}/team/shop:edge"
        )
        assert moved.code == 0, moved.err
