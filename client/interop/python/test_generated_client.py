"""A client that openapi-python-client generates from openapi.yaml, without warnings and without changes by hand."""

import importlib
import os
import pathlib
import subprocess
import sys
from types import SimpleNamespace

import pytest

from server import ROOT


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The modules of the package: its API functions by name, its models and its two clients."""
    folder = tmp_path_factory.mktemp("generated")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    package = "latchkey_generated"
    # It formats the package with ruff, which is installed beside it.
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    config = ROOT / "client/interop/python/generator.yaml"
    files = ["--config", config, "--path", ROOT / "openapi.yaml", "--output-path", folder / package]
    subprocess.run([*command, *files], check=True, env={**os.environ, "PATH": path})
    sys.path.insert(0, str(folder))
    functions = {
        "sign_in": ["login"],
        "tokens": ["refresh", "status"],
        "sessions": ["list_sessions", "get_session", "list_events"],
        "revocation": ["revoke", "end_session", "list_revocations", "introspect"],
        "keys": ["jwks", "discovery"],
    }
    modules = {
        name: importlib.import_module(f"{package}.api.{tag}.{name}") for tag, names in functions.items() for name in names
    }
    root = importlib.import_module(package)
    models = importlib.import_module(f"{package}.models")
    return SimpleNamespace(**modules, models=models, Client=root.Client, AuthenticatedClient=root.AuthenticatedClient)


@pytest.fixture
def user(server, generated):
    return User(server, generated)


class User:
    """A user of the generated client."""

    def __init__(self, server, generated):
        self.server, self.generated = server, generated
        self.anonymous = generated.Client(base_url=server.issuer)

    def sign_in(self, sub: str):
        models = self.generated.models
        request = models.LoginRequest(assertion=self.server.assertion(sub), delivery=models.LoginRequestDelivery.BODY)
        signed_in = self.generated.login.sync(client=self.anonymous, body=request)
        assert isinstance(signed_in, models.SignedIn), signed_in
        return signed_in

    def client(self, access_token: str):
        return self.generated.AuthenticatedClient(base_url=self.server.issuer, token=access_token)


def test_sign_in_list_and_sign_out(user, generated):
    first, second = user.sign_in("frank"), user.sign_in("frank")
    client = user.client(second.access_token)
    sessions = generated.list_sessions.sync(client=client)
    assert [(one.session_id, one.is_current) for one in sessions.sessions] == [
        (second.session_id, True),
        (first.session_id, False),
    ]
    one = generated.get_session.sync(first.session_id, client=client)
    assert [event.event_type.value for event in one.events] == ["login"]
    ended = generated.revoke.sync(client=client, body=generated.models.RevokeCurrent(strategy="current"))
    assert ended.session_ids == [second.session_id]
    problem = generated.list_sessions.sync(client=client)
    assert (problem.status, problem.code.value, problem.reason.value) == (401, "session_ended", "signed_out")


def test_refresh_with_json_and_the_problem_of_a_used_token(user, generated, server):
    signed_in = user.sign_in("bob")
    request = generated.models.RefreshRequest(refresh_token=signed_in.refresh_token)
    tokens = generated.refresh.sync(client=user.anonymous, body=request)
    assert (tokens.session_id, tokens.user_id, tokens.token_type) == (signed_in.session_id, "bob", "Bearer")
    state = generated.status.sync(client=user.client(tokens.access_token))
    assert (state.state.value, state.needs_refresh) == ("active", False)
    # After the late retry of 24 hours, an older token without a key is reuse.
    server.advance_clock(90_000)
    problem = generated.refresh.sync(client=user.anonymous, body=request)
    server.advance_clock(-90_000)
    assert (problem.status, problem.code.value) == (401, "session_ended")


def test_an_expired_access_token_does_not_hinder_the_refresh(user, generated, server):
    server.advance_clock(-7200)
    signed_in = user.sign_in("bob")
    server.advance_clock(7200)
    client = user.client(signed_in.access_token)
    assert generated.list_sessions.sync(client=client).code.value == "token_expired"
    request = generated.models.RefreshRequest(refresh_token=signed_in.refresh_token)
    assert generated.refresh.sync(client=client, body=request).session_id == signed_in.session_id


def test_refresh_and_revoke_with_the_forms_of_oauth(user, generated):
    signed_in = user.sign_in("carol")
    form = generated.models.RefreshForm(grant_type="refresh_token", refresh_token=signed_in.refresh_token)
    tokens = generated.refresh.sync(client=user.anonymous, body=form)
    assert isinstance(tokens, generated.models.OAuthTokens)
    revocation = generated.models.RevocationForm(token=tokens.refresh_token)
    revoked = generated.revoke.sync(client=user.anonymous, body=revocation)
    assert isinstance(revoked, generated.models.TokenRevoked)
    form.refresh_token = tokens.refresh_token
    error = generated.refresh.sync(client=user.anonymous, body=form)
    assert (error.error.value, error.code.value) == ("invalid_grant", "session_ended")


def test_introspect_and_end_another_session(user, generated):
    first, second = user.sign_in("grace"), user.sign_in("grace")
    form = generated.models.IntrospectionForm(token=first.access_token)
    active = generated.introspect.sync(client=user.client(first.access_token), body=form)
    assert (active.sub, active.sid, active.active) == ("grace", first.session_id, True)
    ended = generated.end_session.sync(first.session_id, client=user.client(second.access_token))
    assert ended.session_ids == [first.session_id]
    inactive = generated.introspect.sync(client=user.client(first.access_token), body=form)
    assert isinstance(inactive, generated.models.InactiveToken)
    revocations = generated.list_revocations.sync(client=user.client(second.access_token)).revocations
    assert [(one.session_id, one.reason.value) for one in revocations] == [(first.session_id, "signed_out")]
    trail = generated.list_events.sync(client=user.client(second.access_token))
    assert [event.event_type.value for event in trail.events] == ["session_ended", "logout", "login", "login"]


def test_each_bad_token_gets_a_typed_problem(user, generated, bad):
    for name, token in bad.items():
        problem = generated.list_sessions.sync(client=user.client(token))
        assert (problem.status, problem.code.value in ("invalid_token", "token_expired")) == (401, True), name
    error = generated.introspect.sync(client=user.client("x"), body=generated.models.IntrospectionForm(token="y"))
    assert error.error.value == "invalid_client"


def test_keys_and_metadata(user, generated, server):
    assert [key.use for key in generated.jwks.sync(client=user.anonymous).keys] == ["sig"]
    metadata = generated.discovery.sync(client=user.anonymous)
    assert (metadata.issuer, metadata.response_types_supported) == (server.issuer, ["none"])
