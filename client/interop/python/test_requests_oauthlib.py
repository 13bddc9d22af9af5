"""requests-oauthlib: a session that refreshes by itself, revokes and introspects."""

import pytest
import requests
from oauthlib.oauth2 import InvalidGrantError, WebApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from server import AUDIENCE


@pytest.fixture
def metadata(server):
    """The metadata at the path of RFC 8414, which requests-oauthlib leaves to the app."""
    url = f"{server.origin}/.well-known/oauth-authorization-server/api/auth"
    metadata = requests.get(url, timeout=10).json()
    assert metadata == server.metadata()
    return metadata


@pytest.fixture
def client():
    return WebApplicationClient(AUDIENCE)


@pytest.fixture
def session(server, client):
    return OAuth2Session(client=client, token=server.sign_in("erin"))


@pytest.mark.parametrize("auth", [None, HTTPBasicAuth(AUDIENCE, ""), HTTPBasicAuth(AUDIENCE, "a secret")])
def test_a_session_refreshes_and_uses_the_new_token(server, metadata, session, auth):
    before = dict(session.token)
    after = session.refresh_token(metadata["token_endpoint"], client_id=AUDIENCE, auth=auth)
    assert after["refresh_token"] != before["refresh_token"]
    current = session.get(f"{server.issuer}/sessions/{before['session_id']}").json()
    assert (current["is_current"], current["session_id"]) == (True, before["session_id"])


def test_a_session_refreshes_by_itself_when_its_token_expires(server, metadata, client):
    saved, token = [], {**server.sign_in("erin"), "expires_in": -30}
    session = OAuth2Session(
        client=client,
        token=token,
        auto_refresh_url=metadata["token_endpoint"],
        auto_refresh_kwargs={"client_id": AUDIENCE},
        token_updater=saved.append,
    )
    assert session.get(f"{server.issuer}/sessions").status_code == 200
    assert [new["refresh_token"] != token["refresh_token"] for new in saved] == [True]


def test_a_refresh_token_that_is_not_accepted_is_invalid_grant(metadata, session):
    for token in ["x", session.token["access_token"], session.token["refresh_token"] + "x"]:
        with pytest.raises(InvalidGrantError):
            session.refresh_token(metadata["token_endpoint"], refresh_token=token)
    session.refresh_token(metadata["token_endpoint"])


@pytest.mark.parametrize("withhold_token", [False, True])
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_revoking_a_token_ends_its_session(metadata, session, client, kind, withhold_token):
    endpoint = metadata["revocation_endpoint"]
    url, headers, body = client.prepare_token_revocation_request(endpoint, session.token[kind], token_type_hint=kind)
    revoked = session.post(url, headers=headers, data=body, withhold_token=withhold_token)
    assert revoked.status_code == 200
    with pytest.raises(InvalidGrantError):
        session.refresh_token(metadata["token_endpoint"])


def test_introspection_with_the_token_of_the_session(metadata, session, bad):
    endpoint, token = metadata["introspection_endpoint"], session.access_token
    active = session.post(endpoint, data={"token": token}).json()
    assert (active["active"], active["sub"], active["token_type"]) == (True, "erin", "Bearer")
    session.post(metadata["revocation_endpoint"], data={"token": session.token["refresh_token"]})
    assert session.post(endpoint, data={"token": token}).json() == {"active": False}


def test_the_api_refuses_tampered_expired_and_foreign_tokens(server, client, bad):
    for name, token in bad.items():
        session = OAuth2Session(client=client, token={"access_token": token, "token_type": "Bearer"})
        refused = session.get(f"{server.issuer}/sessions")
        assert refused.status_code == 401, name
        assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"'), name
