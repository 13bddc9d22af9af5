"""Signs in for Schemathesis: one user, an administrator, on one device. A session that has ended is replaced by a new one.

Schemathesis generates requests, but it cannot generate assertions, tokens and cursors, because only a server can make
valid ones. Requests that should succeed get a valid value in place of the generated one. Requests that should fail are
not changed.
"""

import json
import os
import urllib.parse
import urllib.request

import schemathesis
from schemathesis.core.failures import MalformedJson
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import MissingContentType

ORIGIN = os.environ["LATCHKEY_ORIGIN"]
USER = "fuzz"

# A user may sign in with 32 assertions in 12 minutes, and a request needs at most three. After this many assertions the
# clock moves on by more than 12 minutes.
SIGN_INS = 28
A_WHILE = 780
# The strategy `everyone` refuses tokens that were issued up to ten seconds before it, and takes effect 8 s after its
# response.
AFTER_EVERYONE = 20


def call(method, path, body=None, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ORIGIN + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


class Device:
    """The device's session, and how many assertions were used since the clock was moved."""

    def __init__(self):
        self.tokens = None
        self.used = 0

    def move_clock(self, seconds):
        call("POST", "/dev/clock", {"advance_seconds": seconds})

    def assertion(self, scope="latchkey:admin"):
        return call("POST", "/dev/assertion", {"sub": USER, "scope": scope})["assertion"]

    def make_room(self):
        if self.used >= SIGN_INS:
            self.move_clock(A_WHILE)
            self.used = 0

    def assertion_for_login(self):
        self.used += 1
        return self.assertion()

    def sign_in(self):
        login = {"assertion": self.assertion_for_login(), "delivery": "body"}
        return call("POST", "/api/auth/login", login)

    def access_token(self):
        """A token of a live session. The previous request may have ended it, and an hour may have passed."""
        if self.tokens is not None:
            status = call("GET", "/api/auth/refresh", token=self.tokens["access_token"])
            if status["state"] != "active":
                self.tokens = None
        if self.tokens is None:
            self.tokens = self.sign_in()
        return self.tokens["access_token"]


device = Device()

# Operations that take an assertion with this scope as Bearer token.
SERVICES = {
    "POST /login/attempts": "latchkey:attempts",
    "POST /introspect": "latchkey:introspect",
}
# Operations that take no Bearer token. All others take an access token.
WITHOUT_TOKEN = {
    "POST /login",
    "POST /refresh",
    "GET /.well-known/jwks.json",
    "GET /.well-known/openid-configuration",
}


# Do not cache the token, because any request may end the session.
@schemathesis.auth(refresh_interval=None)
class Caller:
    def get(self, case, context):
        # The clock has to move before the token is made, because it would make the token old.
        device.make_room()
        label = context.operation.label
        if label in WITHOUT_TOKEN:
            return None
        if label in SERVICES:
            return device.assertion(SERVICES[label])
        return device.access_token()

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


def generated(value):
    """Whether Schemathesis generated the value. A token that came over a link is kept, valid or used up."""
    return isinstance(value, str) and not value.startswith("eyJ")


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    body = case.body if isinstance(case.body, dict) else {}
    if generated(body.get("assertion")):
        body["assertion"] = device.assertion_for_login()
    if generated(body.get("refresh_token")):
        body["refresh_token"] = device.sign_in()["refresh_token"]
    if generated(body.get("token")):
        body["token"] = device.sign_in()["access_token"]
    if "cursor" in (case.query or {}):
        give_cursor(case)
    for values in (body, case.query or {}):
        if isinstance(values.get("user_id"), str):
            values["user_id"] = cut(values["user_id"])
    if body.get("strategy") == "everyone" and body.get("before"):
        body["before"] = call("GET", "/dev/clock")["now"]
    if case.meta.phase.name == TestPhase.STATEFUL:
        follow_links(case, body)
    else:
        use_own_session(case, body)


def cut(user_id):
    """JSON Schema limits characters, but the server limits a user id to 128 bytes."""
    return user_id.encode()[:128].decode(errors="ignore")


def follow_links(case, body):
    """A sequence needs tokens in the body of the response, and the user's own sessions, to go on."""
    if case.operation.label == "POST /login":
        body["delivery"] = "body"
    if case.operation.label == "GET /sessions":
        case.query.pop("user_id", None)


def use_own_session(case, body):
    """Outside of a sequence, the generated session id does not exist, so that it is replaced by a new session."""
    if case.operation.path.endswith("{id}") and "user_id" not in (case.query or {}):
        case.path_parameters["id"] = device.sign_in()["session_id"]
    if body.get("strategy") == "session" and not body.get("user_id"):
        body["session_id"] = device.sign_in()["session_id"]


def give_cursor(case):
    """Sets a valid cursor of the requested list, or removes the cursor if the list has only one page."""
    user = case.query.get("user_id")
    query = "" if user is None else "&" + urllib.parse.urlencode({"user_id": user})
    token = case.headers["Authorization"].removeprefix("Bearer ")
    cursor = call("GET", f"/api/auth/sessions/events?limit=1{query}", token=token)["next_cursor"]
    if cursor is None:
        del case.query["cursor"]
    else:
        case.query["cursor"] = cursor


@schemathesis.hook
def after_call(context, case, response):
    body = case.body if isinstance(case.body, dict) else {}
    if response.status_code == 200 and body.get("strategy") == "everyone":
        device.move_clock(AFTER_EVERYONE)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Returns False for a failure that is none: a form (RFC 7009) gets 200 without a body, and OpenAPI cannot describe that."""
    form = case.operation.label == "POST /revoke" and case.media_type == "application/x-www-form-urlencoded"
    empty = response.status_code == 200 and not response.content
    return not (form and empty and isinstance(failure, (MalformedJson, MissingContentType)))
