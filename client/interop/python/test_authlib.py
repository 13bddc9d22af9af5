"""Authlib: as an OAuth client, and as the guard of a Flask app that verifies access tokens (RFC 9068)."""

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.integrations.requests_client import OAuth2Auth, OAuth2Session
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oauth2.rfc8414 import get_well_known_url as oauth_url
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from authlib.oidc.discovery import OpenIDProviderMetadata
from authlib.oidc.discovery import get_well_known_url as openid_url
from flask import Flask, jsonify
from joserfc.jwk import KeySet

from server import AUDIENCE


@pytest.mark.parametrize(
    ("url", "model"), [(oauth_url, AuthorizationServerMetadata), (openid_url, OpenIDProviderMetadata)]
)
def test_the_metadata_of_both_paths_are_valid(server, url, model):
    response = requests.get(url(server.issuer, external=True), timeout=10)
    metadata = model(response.json())
    metadata.validate()
    assert metadata.issuer == server.issuer
    assert metadata.grant_types_supported == ["refresh_token"]
    assert metadata["introspection_endpoint"] == f"{server.issuer}/introspect"


@pytest.fixture
def metadata(server):
    return server.metadata()


@pytest.fixture(params=[None, "a secret"], ids=["public", "with a secret"])
def session(server, metadata, request):
    """A session of a user. Latchkey's clients are public, and a secret is ignored."""
    endpoint = metadata["token_endpoint"]
    token = server.sign_in("bob")
    return OAuth2Session(AUDIENCE, request.param, token=token, token_endpoint=endpoint)


def test_a_session_refreshes_and_uses_the_new_token(metadata, session, server):
    before = dict(session.token)
    after = session.refresh_token(metadata["token_endpoint"])
    assert after["refresh_token"] != before["refresh_token"]
    assert "scope" not in after
    listed = session.get(f"{server.issuer}/sessions")
    assert [one["is_current"] for one in listed.json()["sessions"] if one["session_id"] == before["session_id"]] == [True]


def test_an_expired_token_is_refreshed_before_the_request(server, session):
    saved = []
    session.update_token = lambda token, refresh_token=None, access_token=None: saved.append((token, refresh_token))
    before = dict(session.token)
    session.token = {**before, "expires_at": 1}
    assert session.get(f"{server.issuer}/sessions").status_code == 200
    assert [old for _, old in saved] == [before["refresh_token"]]
    assert session.token["access_token"] != before["access_token"]


def test_a_refresh_token_that_is_not_accepted_is_invalid_grant(metadata, session):
    for token in ["x", session.token["access_token"], session.token["refresh_token"] + "x"]:
        with pytest.raises(OAuthError) as refused:
            session.refresh_token(metadata["token_endpoint"], refresh_token=token)
        assert refused.value.error == "invalid_grant"
    session.refresh_token(metadata["token_endpoint"])


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_revoking_a_token_ends_its_session(metadata, session, kind):
    response = session.revoke_token(metadata["revocation_endpoint"], session.token[kind], token_type_hint=kind)
    assert response.status_code == 200
    with pytest.raises(OAuthError) as refused:
        session.refresh_token(metadata["token_endpoint"])
    assert refused.value.error == "invalid_grant"


def test_introspection_as_holder_and_as_backend(server, metadata, session, bad):
    access, url = session.token["access_token"], metadata["introspection_endpoint"]
    as_holder = session.introspect_token(url, access, auth=session.token_auth).json()
    assert (as_holder["active"], as_holder["sub"], as_holder["token_type"]) == (True, "bob", "Bearer")
    assert "scope" not in as_holder
    service = OAuth2Auth({"access_token": server.assertion("api", scope="latchkey:introspect"), "token_type": "bearer"})
    backend = OAuth2Session(AUDIENCE)
    assert backend.introspect_token(url, access, auth=service).json() == as_holder
    for name, token in bad.items():
        assert backend.introspect_token(url, token, auth=service).json() == {"active": False}, name
    session.revoke_token(metadata["revocation_endpoint"])
    assert backend.introspect_token(url, access, auth=service).json() == {"active": False}


class LatchkeyTokenValidator(JWTBearerTokenValidator):
    def get_jwks(self):
        return KeySet.import_key_set(requests.get(f"{self.issuer}/.well-known/jwks.json", timeout=10).json())


class StrictTokenValidator(IntrospectTokenValidator):
    def __init__(self, url):
        super().__init__()
        self.url = url

    def introspect_token(self, token_string):
        bearer = {"authorization": f"Bearer {token_string}"}
        response = requests.post(self.url, {"token": token_string}, headers=bearer, timeout=10)
        response.raise_for_status()
        return response.json()


@pytest.fixture(params=["offline", "strict"])
def orders(request, server, metadata):
    """The client of an app with a guarded route, and one that needs a scope."""
    require_oauth = ResourceProtector()
    validators = {
        "offline": lambda: LatchkeyTokenValidator(server.issuer, AUDIENCE),
        "strict": lambda: StrictTokenValidator(metadata["introspection_endpoint"]),
    }
    require_oauth.register_token_validator(validators[request.param]())
    app = Flask("orders")

    @app.get("/orders")
    @require_oauth()
    def orders():
        return jsonify(of=current_token["sub"])

    @app.get("/admin")
    @require_oauth("latchkey:admin")
    def admin():
        return jsonify(of=current_token["sub"])

    client = app.test_client()
    return lambda path, token: client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_guarded_app_admits_signed_in_users(orders, server):
    access = server.sign_in("carol")["access_token"]
    admitted = orders("/orders", access)
    assert (admitted.status_code, admitted.json) == (200, {"of": "carol"})
    assert orders("/admin", access).status_code == 403
    assert orders("/admin", server.sign_in("root", scope="latchkey:admin")["access_token"]).status_code == 200


def test_a_guarded_app_refuses_tampered_expired_and_foreign_tokens(orders, bad):
    for name, token in bad.items():
        refused = orders("/orders", token)
        assert (refused.status_code, refused.json["error"]) == (401, "invalid_token"), name


def test_a_token_for_another_audience_is_refused(server):
    validator = LatchkeyTokenValidator(server.issuer, "another-audience")
    token = validator.authenticate_token(server.sign_in("carol")["access_token"])
    with pytest.raises(Exception, match="invalid_token"):
        validator.validate_token(token, [], None)
