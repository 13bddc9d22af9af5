"""Access tokens that every verifier of one server must refuse: tampered, expired and foreign ones."""

import base64
import hashlib
import hmac
import json

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from server import Server

HOURS = 3600


def _decode(part: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _encode(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _public_secret(head: dict, payload: str, keys: str) -> str:
    """The text of the public keys serves as the secret of an HMAC, which libraries refuse to sign."""
    signed = f"{_encode({**head, 'alg': 'HS256'})}.{payload}"
    digest = hmac.digest(keys.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def expired_token(server: Server) -> str:
    """A token of two hours ago, which this server signed."""
    server.advance_clock(-2 * HOURS)
    try:
        return server.sign_in("alice")["access_token"]
    finally:
        server.advance_clock(2 * HOURS)


def bad_tokens(server: Server) -> dict[str, str]:
    """The tokens by name. A verifier that expects the issuer and the audience of `server` refuses all of them."""
    signed_in = server.sign_in("alice")
    header, payload, signature = signed_in["access_token"].split(".")
    head, claims = _decode(header), _decode(payload)
    attacker = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(attacker.public_key()))
    own = {"typ": "at+jwt", "kid": head["kid"]}
    keys = requests.get(f"{server.issuer}/.well-known/jwks.json", timeout=10).text
    with Server(LATCHKEY_ISSUER=server.issuer) as impostor, Server() as other:
        foreign = [each.sign_in("alice")["access_token"] for each in (impostor, other)]
    return {
        "altered claims": f"{header}.{_encode({**claims, 'sub': 'root', 'scope': 'latchkey:admin'})}.{signature}",
        "an altered signature": f"{header}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        "no signature": f"{header}.{payload}.",
        "the algorithm none": f"{_encode({**head, 'alg': 'none'})}.{payload}.",
        "the public keys as a secret": _public_secret(head, payload, keys),
        "its own key": jwt.encode(claims, attacker, "ES256", headers={"typ": "at+jwt", "jwk": public}),
        "the signature of another key": jwt.encode(claims, attacker, "ES256", headers=own),
        "a server with the same issuer": foreign[0],
        "another server": foreign[1],
        "an expired token": expired_token(server),
        "a refresh token": signed_in["refresh_token"],
        "an assertion": server.assertion("alice"),
    }
