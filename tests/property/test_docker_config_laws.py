"""Laws of the Docker configuration: a credential comes and goes, and all else stays."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support import credential_helpers
from workflow_containers.access.credentials import Basic, DockerCredentials
from workflow_containers.access.login import Keeper
from workflow_containers.run import run
from workflow_containers.secret import Secret

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e9, 1e9) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OURS = {"auths", "credHelpers", "credsStore"}
OTHERS = st.dictionaries(TEXT.filter(lambda key: key not in OURS), JSON, max_size=5)
AUTHS = st.dictionaries(st.sampled_from(["b.test", "https://c.test/v1/", "a.test/x"]), JSON)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=":"), min_size=1)
PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=50, deadline=None)
@given(OTHERS, AUTHS, NAMES, PASSWORDS)
def test_a_credential_comes_and_goes_and_all_else_stays(
    others: dict[str, Any], auths: dict[str, Any], name: str, password: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = credential_helpers.environment(Path(folder), {**others, "auths": auths})
        keeper = Keeper(environment=environment, run=run)
        credential = Basic(username=name[:256], password=Secret(password))
        keeper.keep("a.test", credential)
        assert DockerCredentials(environment=environment, run=run)("a.test") == credential
        keeper.forget("a.test")
        left = json.loads(keeper.file.read_text(encoding="utf-8"))
    assert left == {**others, "auths": auths}
    assert [*left] == [*others, "auths"]
