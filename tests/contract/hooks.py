"""Who asks? One user, an administrator, on a device that is signed in again whenever its session has ended.

Schemathesis makes requests up; what only a server can make it cannot: assertions, tokens, cursors. A request that
is to be taken for good gets a genuine one in place of what was made up; one that is to be refused is left alone.
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

# One user may use 32 assertions in 12 minutes, and a question takes three at most; after so many the clock moves on
# by more than that.
SIGN_INS = 28
A_WHILE = 780
# "Sign everyone out" voids what was signed up to ten seconds before it, and holds 8 s after its answer.
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
        """A token of a live session: the last question may have ended it, and an hour may have passed."""
        if self.tokens is not None:
            status = call("GET", "/api/auth/refresh", token=self.tokens["access_token"])
            if status["state"] != "active":
                self.tokens = None
        if self.tokens is None:
            self.tokens = self.sign_in()
        return self.tokens["access_token"]


device = Device()

# What each operation takes as Bearer; the others take none.
SERVICES = {
    "POST /login/attempts": "latchkey:attempts",
    "POST /introspect": "latchkey:introspect",
}
NOBODY = {
    "POST /login",
    "POST /refresh",
    "GET /.well-known/jwks.json",
    "GET /.well-known/openid-configuration",
}


# Never kept: any question may end the session.
@schemathesis.auth(refresh_interval=None)
class Caller:
    def get(self, case, context):
        # Before there is a token, which would be old afterwards.
        device.make_room()
        label = context.operation.label
        if label in NOBODY:
            return None
        if label in SERVICES:
            return device.assertion(SERVICES[label])
        return device.access_token()

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


def made_up(value):
    """A token that a link has brought is left as it is, good or used up."""
    return isinstance(value, str) and not value.startswith("eyJ")


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    body = case.body if isinstance(case.body, dict) else {}
    if made_up(body.get("assertion")):
        body["assertion"] = device.assertion_for_login()
    if made_up(body.get("refresh_token")):
        body["refresh_token"] = device.sign_in()["refresh_token"]
    if made_up(body.get("token")):
        body["token"] = device.sign_in()["access_token"]
    if "cursor" in (case.query or {}):
        give_cursor(case)
    for values in (body, case.query or {}):
        if isinstance(values.get("user_id"), str):
            values["user_id"] = cut(values["user_id"])
    if body.get("strategy") == "everyone" and body.get("before"):
        body["before"] = call("GET", "/dev/clock")["now"]
    if case.meta.phase.name == TestPhase.STATEFUL:
        keep_to_the_story(case, body)
    else:
        name_a_session(case, body)


def cut(user_id):
    """JSON Schema counts characters; a row has room for 128 bytes."""
    return user_id.encode()[:128].decode(errors="ignore")


def keep_to_the_story(case, body):
    """A story goes on with what an answer's body holds: tokens, and the user's own sessions."""
    if case.operation.label == "POST /login":
        body["delivery"] = "body"
    if case.operation.label == "GET /sessions":
        case.query.pop("user_id", None)


def name_a_session(case, body):
    """Outside of a story nobody has opened the session that is named."""
    if case.operation.path.endswith("{id}") and "user_id" not in (case.query or {}):
        case.path_parameters["id"] = device.sign_in()["session_id"]
    if body.get("strategy") == "session" and not body.get("user_id"):
        body["session_id"] = device.sign_in()["session_id"]


def give_cursor(case):
    """A cursor of the list that is asked for, if it has a second page."""
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
    """RFC 7009's form is answered 200 and no body, JSON is answered in JSON: OpenAPI cannot tell the two apart."""
    form = case.operation.label == "POST /revoke" and case.media_type == "application/x-www-form-urlencoded"
    empty = response.status_code == 200 and not response.content
    return not (form and empty and isinstance(failure, (MalformedJson, MissingContentType)))
