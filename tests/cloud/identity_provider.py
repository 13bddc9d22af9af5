"""An identity provider: a key and the assertions that it signs."""

import base64
import json
import time
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER = "https://idp.example.com/"
AUDIENCE = "latchkey"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class IdentityProvider:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())

    def trusted_issuers(self):
        """The value of the parameter TrustedIssuers, with the public key in it."""
        numbers = self.key.public_key().public_numbers()
        point = {"x": encoded(numbers.x.to_bytes(32, "big")), "y": encoded(numbers.y.to_bytes(32, "big"))}
        key = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "idp", **point}
        issuer = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": {"keys": [key]}, "scopes": ["latchkey:admin"]}
        return json.dumps([issuer], separators=(",", ":"))

    def assertion(self, user, **claims):
        now = int(time.time())
        header = {"alg": "ES256", "kid": "idp", "typ": "JWT"}
        payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4()), **claims}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, payload))
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
