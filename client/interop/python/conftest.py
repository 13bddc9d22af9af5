"""One server for all tests of a run."""

import os

import pytest

from server import Server
from tokens import bad_tokens

# The server has plain HTTP on loopback. Authlib and oauthlib allow that only with these variables.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


@pytest.fixture(scope="session")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def bad(server):
    tokens = bad_tokens(server)
    assert len(tokens) > 10
    return tokens
