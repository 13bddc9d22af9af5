"""The story of `make cloud`: sign-in, refresh, list, reuse, revocation and cleanup on the deployed functions."""

import json
import pathlib
import time
import urllib.error
import urllib.request

SAMPLE = pathlib.Path(__file__).parents[2] / "events/authorizer-bearer.json"


class Api:
    """The deployed HTTP API, called by its domain name."""

    def __init__(self, endpoint, host):
        self.endpoint, self.host = endpoint, host

    def call(self, method, path, body=None, token=None):
        """Returns the status and the JSON of the response."""
        headers = {"host": self.host, "user-agent": "ExampleApp/1.0 (Android 16)"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if body is not None:
            headers["content-type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/api/auth{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read() or "null")


def expect(step, found, expected):
    """Prints the step, and fails if the response is another one."""
    if found != expected:
        raise SystemExit(f"{step}: expected {expected}, found {found}")
    print(f"  ok  {step}")


def sign_in(api, provider, user, **claims):
    status, tokens = api.call("POST", "/login", {"assertion": provider.assertion(user, **claims), "delivery": "body"})
    if status != 201:
        raise SystemExit(f"sign-in of {user}: {status} {tokens}")
    return tokens


def refresh(api, token):
    return api.call("POST", "/refresh", {"refresh_token": token, "delivery": "body"})


def tell(api, provider, functions, outputs):
    """Runs the story and ends the program at the first unexpected response."""
    status, jwks = api.call("GET", "/.well-known/jwks.json")
    expect("the public keys are published", (status, len(jwks["keys"])), (200, 1))

    first = sign_in(api, provider, "alice")
    print("  ok  alice signs in")
    status, second = refresh(api, first["refresh_token"])
    expect("a refresh rotates the token", (status, second["session_id"]), (200, first["session_id"]))
    status, listed = api.call("GET", "/sessions", token=second["access_token"])
    expect("the list has the session", (status, [it["session_id"] for it in listed["sessions"]]), (200, [first["session_id"]]))
    event = json.loads(SAMPLE.read_text().replace("{{access_token}}", second["access_token"]))
    expect("the authorizer accepts the token", authorize(functions, outputs, event), True)

    _, third = refresh(api, second["refresh_token"])
    status, refused = refresh(api, first["refresh_token"])
    expect("a token from two refreshes ago ends the session", (status, refused["code"]), (401, "session_ended"))
    status, refused = refresh(api, third["refresh_token"])
    expect("the newest token is refused, too", (status, refused["code"]), (401, "session_ended"))
    expect("the strict authorizer refuses the access token", authorize(functions, outputs, event), False)

    again = sign_in(api, provider, "alice")
    status, ended = api.call("POST", "/revoke", {"strategy": "current"}, again["access_token"])
    expect("signing out ends the session", (status, ended["ended"]), (200, 1))
    status, refused = api.call("GET", "/sessions", token=again["access_token"])
    expect("the signed-out session is refused at once", (status, refused["code"]), (401, "session_ended"))

    admin = sign_in(api, provider, "root", scope="latchkey:admin", auth_time=int(time.time()))
    status, report = api.call("POST", "/sessions", {"action": "cleanup"}, admin["access_token"])
    expect("an administrator runs cleanup", (status, report["remaining"], report["failed"]), (200, False, 0))
    report = invoke(functions, outputs["CleanupFunctionName"], {"action": "cleanup"})
    expect("the schedule's event runs cleanup", (report["remaining"], report["failed"]), (False, 0))
    status, trail = api.call("GET", "/sessions/events?user_id=alice&severity=critical", token=admin["access_token"])
    expect("the trail has the theft", (status, [it["event_type"] for it in trail["events"]]), (200, ["token_reused"]))


def invoke(functions, name, event):
    response = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    payload = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise SystemExit(f"{name}: {payload}")
    return payload


def authorize(functions, outputs, event):
    return invoke(functions, outputs["AuthorizerArn"], event)["isAuthorized"]
