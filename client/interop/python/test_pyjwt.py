"""PyJWT: the code of docs/verifying.md verifies access tokens with the published keys."""

import re

import jwt
import pytest

from server import AUDIENCE, ROOT


@pytest.fixture
def verifier(server):
    """Makes the function `verify` of the documentation, for one audience."""
    page = (ROOT / "docs/verifying.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    def verifier(audience=AUDIENCE):
        names = {"ISSUER": server.issuer, "AUDIENCE": audience}
        exec(code, names)
        return names["verify"]

    return verifier


def test_access_tokens_are_verified_with_the_published_keys(server, verifier):
    verify = verifier()
    signed_in = server.sign_in("dora", scope="latchkey:admin")
    claims = verify(signed_in["access_token"])
    assert (claims["sub"], claims["sid"], claims["scope"]) == ("dora", signed_in["session_id"], "latchkey:admin")
    assert "scope" not in verify(server.sign_in("dora")["access_token"])


def test_the_metadata_name_the_algorithms_of_the_keys(server):
    header = jwt.get_unverified_header(server.sign_in("dora")["access_token"])
    assert header["typ"] == "at+jwt"
    assert header["alg"] in server.metadata()["id_token_signing_alg_values_supported"]


def test_tampered_expired_and_foreign_tokens_are_refused(verifier, bad):
    verify = verifier()
    for name, token in bad.items():
        try:
            verify(token)
        except jwt.PyJWTError:
            continue
        pytest.fail(f"accepted: {name}")


def test_a_token_for_another_audience_is_refused(server, verifier):
    with pytest.raises(jwt.InvalidAudienceError):
        verifier("another-audience")(server.sign_in("dora")["access_token"])


def test_an_expired_token_is_refused_because_it_has_expired(verifier, bad):
    with pytest.raises(jwt.ExpiredSignatureError):
        verifier()(bad["an expired token"])
