"""The real server: latchkey-local on a free loopback port, with everything in memory."""

import os
import pathlib
import re
import subprocess

import requests

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("LATCHKEY_LOCAL", ROOT / "target/debug/latchkey-local"))
AUDIENCE = "latchkey-local"


class Server:
    """A running server. `issuer` is also the URL of its API."""

    def __init__(self, **settings: str):
        if not BINARY.exists():
            raise SystemExit(f"{BINARY} is missing: run `cargo build -p latchkey-local`, or set LATCHKEY_LOCAL")
        self._process = subprocess.Popen(
            [BINARY, "--port", "0", "--memory"],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in self._process.stdout:
            if found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", line):
                self.origin = found[1]
                break
        else:
            raise RuntimeError(f"latchkey-local stopped with {self._process.wait()} before it listened")
        self.issuer = f"{self.origin}/api/auth"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()

    def _dev(self, path: str, body: dict) -> dict:
        response = requests.post(f"{self.origin}/dev/{path}", json=body, timeout=10)
        response.raise_for_status()
        return response.json()

    def advance_clock(self, seconds: int) -> None:
        self._dev("clock", {"advance_seconds": seconds})

    def assertion(self, sub: str, **claims: str) -> str:
        """What an identity provider issues after the user has signed in there."""
        return self._dev("assertion", {"sub": sub, **claims})["assertion"]

    def sign_in(self, sub: str, **claims: str) -> dict:
        body = {"assertion": self.assertion(sub, **claims), "delivery": "body"}
        response = requests.post(f"{self.issuer}/login", json=body, timeout=10)
        response.raise_for_status()
        return response.json()

    def metadata(self) -> dict:
        response = requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=10)
        response.raise_for_status()
        return response.json()
