//! `latchkey-local`, the real binary, over real HTTP: what a developer starts with `make run`.

mod crashes;
mod http_client;
mod other_ports;
mod process;
mod restart_and_reuse;
mod tls;

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use http_client::{Answer, Request};
use latchkey::token::keys::KeySet;
use latchkey_local::engine::Engine;
use process::{Server, Tokens, run};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_session_lives_from_sign_in_to_sign_out_over_http() {
    let server = Server::in_memory().await;
    let first = server.sign_in("alice").await;
    let second = Tokens::of(&server.refresh(&first.refresh).await);
    assert_eq!(second.session, first.session);
    let list = server.list(&second.access).await;
    assert_eq!(list.json()["sessions"][0]["session_id"], json!(first.session));
    let out = server.request("POST", "/api/auth/revoke").bearer(&second.access);
    let out = out.json(&json!({"strategy": "current"})).send(server.address).await;
    assert_eq!((out.status, &out.json()["ended"]), (200, &json!(1)));
    assert_eq!(server.list(&second.access).await.code(), "session_ended");
    assert_eq!(server.refresh(&second.refresh).await.json()["reason"], "signed_out");
}

#[tokio::test]
async fn standard_output_holds_one_line_and_no_line_holds_a_token() {
    let server = Server::in_memory().await;
    assert_ne!(server.address.port(), 0);
    assert!(server.address.ip().is_loopback());
    let tokens = server.sign_in("alice").await;
    for token in [&tokens.refresh, &tokens.refresh, &tokens.access, &format!("{}A", tokens.refresh)] {
        server.refresh(token).await;
        server.list(token).await;
    }
    let url = format!("http://{}", server.address);
    let ended = server.stop().await;
    assert_eq!(ended.stdout, "", "after the first line");
    let first: Value = serde_json::from_str(&ended.logs[0]).expect("the first line of the log is JSON");
    assert_eq!((&first["message"], &first["url"]), (&json!("listening"), &json!(url)));
    assert!(ended.logs.len() >= 9, "{:?}", ended.logs);
    for line in &ended.logs {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
        assert!(!line.contains("eyJ"), "{line}");
    }
}

#[tokio::test]
async fn cookies_of_plain_http_have_no_prefix_and_are_not_secure() {
    let server = Server::in_memory().await;
    let assertion = server.assertion("alice").await;
    let login = server.post("/api/auth/login", json!({"assertion": assertion})).await;
    let cookies = login.header("set-cookie");
    let [access, refresh] = cookies.as_slice() else { panic!("{cookies:?}") };
    let port = server.address.port();
    assert!(
        access.starts_with(&format!("latchkey_{port}_access=eyJ"))
            && access.ends_with("; HttpOnly; SameSite=Lax"),
        "{access}"
    );
    let is_ours = refresh.starts_with(&format!("latchkey_{port}_refresh=eyJ"));
    assert!(is_ours && refresh.ends_with("SameSite=Strict"), "{refresh}");
    let pair = |line: &str| line.split(';').next().expect("a cookie has a value").to_owned();
    let request = server.request("POST", "/api/auth/refresh").header("Cookie", &pair(refresh));
    let elsewhere = request.clone().header("Origin", "https://evil.example").send(server.address).await;
    assert_eq!((elsewhere.status, elsewhere.code().as_str()), (403, "csrf_rejected"));
    let own = request.header("Origin", &format!("http://{}", server.address)).send(server.address).await;
    assert_eq!((own.status, own.header("set-cookie").len()), (200, 2), "{}", own.text);
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("deep/data");
    let server = Server::on(&data, 0).await;
    let port = server.address.port();
    let (first, signed_out) = (server.sign_in("alice").await, server.sign_in("alice").await);
    let second = Tokens::of(&server.refresh(&first.refresh).await);
    let out = server.request("POST", "/api/auth/revoke").bearer(&signed_out.access);
    assert_eq!(out.json(&json!({"strategy": "current"})).send(server.address).await.status, 200);
    let ended = server.stop().await;
    assert_eq!(ended.status.code(), Some(0), "{:?}", ended.logs);

    let server = Server::on(&data, port).await;
    let list = server.list(&second.access).await;
    assert_eq!(list.json()["sessions"].as_array().map(Vec::len), Some(1), "{}", list.text);
    assert_eq!(server.list(&signed_out.access).await.json()["reason"], "signed_out");
    // If the response before the restart was lost, a repeat returns the same new token.
    assert_eq!(Tokens::of(&server.refresh(&first.refresh).await).refresh, second.refresh);
    assert_eq!(server.refresh(&second.refresh).await.status, 200);
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut server = Server::on(directory.path(), 0).await;
    let port = server.address.port();
    let mut tokens = server.sign_in("alice").await;
    for _ in 0..3 {
        tokens = Tokens::of(&server.refresh(&tokens.refresh).await);
        server.kill().await;
        server = Server::on(directory.path(), port).await;
        assert_eq!(server.list(&tokens.access).await.status, 200);
    }
    tokens = Tokens::of(&server.refresh(&tokens.refresh).await);
    let out = server.request("POST", "/api/auth/revoke").bearer(&tokens.access);
    assert_eq!(out.json(&json!({"strategy": "all"})).send(server.address).await.json()["ended"], 1);
    server.kill().await;
    let server = Server::on(directory.path(), port).await;
    assert_eq!(server.refresh(&tokens.refresh).await.json()["reason"], "signed_out");
}

#[tokio::test]
async fn key_files_and_their_folder_are_readable_by_the_owner_only() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let server = Server::on(&data, 0).await;
    server.sign_in("alice").await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for secret in ["keys.json", "issuer.pk8"] {
        assert_eq!(mode(&data.join(secret)), 0o600, "{secret}");
    }
}

#[tokio::test]
async fn a_wrong_command_line_is_refused_with_the_reason() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let taken = listener.local_addr().expect("it is bound").port().to_string();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let file = file.path().to_str().expect("temporary paths are text");
    let cases: [(&[&str], &str); 9] = [
        (&["--host", "0.0.0.0", "--memory", "--port", "0"], "127.0.0.1 only"),
        (&["--host", "::", "--memory", "--port", "0"], "127.0.0.1 only"),
        (&["--host", "192.168.1.2"], "127.0.0.1 only"),
        (&["--memory", "--data", "x"], "cannot be used with"),
        (&["--port", "70000"], "--port"),
        (&["--dynamodb", "127.0.0.1:8000"], "http or https URL"),
        (&["--wat"], "unexpected argument"),
        (&["--memory", "--port", &taken], "in use"),
        (&["--data", file, "--port", "0"], "data directory"),
    ];
    for (arguments, reason) in cases {
        let output = run(arguments).await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code != 0), "{arguments:?}: {}", output.status);
        assert!(error.contains(reason), "{arguments:?}: {error}");
        assert!(!error.contains("panicked") && output.stdout.is_empty(), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn a_wrong_setting_is_named() {
    let mut command = process::command(&["--memory", "--port", "0"]);
    let output = command.env("SESSION_LIMIT", "many").output().await.expect("it can be started");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("SESSION_LIMIT: expected a whole number"), "{error}");
    // The error leads to a value that is accepted: it names the range of each number.
    let range = "from 1 to 1000000 attempts, a window from 1s to 30d, a block from 0s to 3660d";
    for (name, value, range) in
        [("LIMIT_GENERAL", "10000000/15m", range), ("SESSION_LIMIT", "31", "from 1 to 30")]
    {
        let mut command = process::command(&["--memory", "--port", "0"]);
        let output = command.env(name, value).output().await.expect("it can be started");
        let error = String::from_utf8_lossy(&output.stderr);
        let is_named = error.contains(name) && error.contains(range);
        assert!(!output.status.success() && is_named, "{name}={value}: {error}");
    }
    let keys = "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"c2VjcmV0LXNlY3JldA\"}]}";
    let output = process::command(&["--memory", "--port", "0"]).env("LATCHKEY_KEYS", keys).output().await;
    let error = String::from_utf8(output.expect("it can be started").stderr).expect("text");
    assert!(error.contains("LATCHKEY_KEYS: ") && !error.contains("c2VjcmV0"), "{error}");
}

#[tokio::test]
async fn only_requests_for_this_machine_are_answered() {
    let server = Server::in_memory().await;
    let port = server.address.port();
    for path in ["/api/auth/sessions", "/api/auth/.well-known/jwks.json", "/dev/clock", "/"] {
        for host in [
            "evil.example",
            &format!("evil.example:{port}"),
            "127.0.0.1.evil.example",
            "0.0.0.0",
            "localhost.",
        ] {
            let answer = Request::new("GET", path).header("Host", host).send(server.address).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{host}{path}");
        }
    }
    for host in
        ["localhost", &format!("LOCALHOST:{port}"), &format!("127.0.0.1:{port}"), &format!("[::1]:{port}")]
    {
        let answer = Request::new("GET", "/dev/clock").header("Host", host).send(server.address).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    let two = Request::new("GET", "/dev/clock").header("Host", "localhost").header("Host", "evil.example");
    assert!([400, 403].contains(&two.send(server.address).await.status));
}

#[tokio::test]
async fn pages_of_other_machines_cannot_use_the_dev_controls() {
    let server = Server::in_memory().await;
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let request =
            server.request("POST", "/dev/assertion").header(name, value).json(&json!({"sub": "alice"}));
        let answer = request.send(server.address).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{name}: {value}");
        let preflight = server.request("OPTIONS", "/dev/assertion").header(name, value);
        let preflight = preflight.header("Access-Control-Request-Method", "POST").send(server.address).await;
        assert!(preflight.header("access-control-allow-origin").is_empty(), "{name}: {value}");
    }
    // The kinds of body that a form on any page can send.
    let form = server.request("POST", "/dev/assertion").header("Content-Type", "text/plain");
    let form = form.header("Content-Length", "15").send_with(server.address, "{\"sub\":\"alice\"}").await;
    assert_eq!(form.status, 415, "{}", form.text);
}

#[tokio::test]
async fn the_dev_assertion_has_the_requested_claims() {
    let server = Server::in_memory().await;
    let now = server.get("/dev/clock").await.json();
    assert_eq!(now["offset_seconds"], 0);
    let body =
        json!({"sub": "root", "scope": "latchkey:admin", "auth_time": 1_732_442_400, "expires_in": 60});
    let answer = server.post("/dev/assertion", body).await;
    assert_eq!(answer.json().as_object().map(|members| members.len()), Some(1), "{}", answer.text);
    let login = json!({"assertion": answer.member("assertion"), "delivery": "body"});
    let tokens = Tokens::of(&server.post("/api/auth/login", login.clone()).await);
    let session = &server.list(&tokens.access).await.json()["sessions"][0];
    assert_eq!(session["scope"], "latchkey:admin");
    assert_eq!(session["auth_time"], "2024-11-24T10:00:00Z");
    server.post("/dev/clock", json!({"advance_seconds": 61})).await;
    let late = server.post("/api/auth/login", login).await;
    assert_eq!(late.code(), "invalid_assertion");
    for (body, field) in [
        (json!({}), "sub"),
        (json!({"sub": ""}), "sub"),
        (json!({"sub": 7}), "sub"),
        (json!({"sub": "a", "expires_in": "60"}), "expires_in"),
        (json!({"sub": "a", "expires_in": 0}), "expires_in"),
        (json!({"sub": "a", "admin": true}), "admin"),
        (json!([]), "body"),
    ] {
        let answer = server.post("/dev/assertion", body.clone()).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{body}");
    }
}

#[tokio::test]
async fn the_dev_clock_moves_for_every_handler() {
    let server = Server::in_memory().await;
    let tokens = server.sign_in("alice").await;
    let moved = server.post("/dev/clock", json!({"advance_seconds": 3_600})).await;
    assert_eq!((moved.status, &moved.json()["offset_seconds"]), (200, &json!(3_600)));
    assert_eq!(server.get("/dev/clock").await.json()["offset_seconds"], 3_600);
    assert_eq!(server.list(&tokens.access).await.code(), "token_expired");
    let second = Tokens::of(&server.refresh(&tokens.refresh).await);
    server.post("/dev/clock", json!({"advance_seconds": 7 * 86_400})).await;
    let expired = server.refresh(&second.refresh).await;
    assert_eq!((expired.status, &expired.json()["reason"]), (401, &json!("expired")));
    for body in
        [json!({}), json!({"advance_seconds": 1.5}), json!({"advance_seconds": 1e18}), json!({"advance": 1})]
    {
        assert_eq!(server.post("/dev/clock", body.clone()).await.code(), "invalid_request", "{body}");
    }
}

#[tokio::test]
async fn faults_apply_to_the_next_calls() {
    let server = Server::in_memory().await;
    let tokens = server.sign_in("alice").await;
    let fault = |operation: &str, kind: &str, count: u32| json!({"operation": operation, "kind": kind, "count": count});
    let queued = server.post("/dev/fault", fault("UpdateItem", "throttle", 3)).await;
    assert_eq!((queued.status, queued.json()), (200, json!({"pending": 3})));
    let down = server.refresh(&tokens.refresh).await;
    assert_eq!((down.status, down.code().as_str()), (503, "store_unavailable"), "{}", down.text);
    assert_eq!(down.header("retry-after"), ["2"]);
    // The SDK's retry hides a single fault.
    server.post("/dev/fault", fault("UpdateItem", "error_500", 1)).await;
    let second = server.refresh(&tokens.refresh).await;
    assert_eq!(second.status, 200, "{}", second.text);
    // The write is committed and its response is lost. The retry finds its own write.
    server.post("/dev/fault", fault("UpdateItem", "timeout_after_commit", 1)).await;
    let third = server.refresh(&Tokens::of(&second).refresh).await;
    assert_eq!(third.status, 200, "{}", third.text);
    server.post("/dev/fault", json!({"kind": "timeout_before", "count": 9})).await;
    let cleared = server.post("/dev/fault", json!({"count": 0})).await;
    assert_eq!(cleared.json(), json!({"pending": 0}));
    assert_eq!(server.refresh(&Tokens::of(&third).refresh).await.status, 200);
    for (body, field) in [
        (fault("UpdateItem", "flood", 1), "kind"),
        (fault("Update", "throttle", 1), "operation"),
        (fault("GetItem", "conflict", 1), "kind"),
        (json!({"kind": "throttle", "count": -1}), "count"),
        (json!({"kind": "throttle"}), "count"),
    ] {
        let answer = server.post("/dev/fault", body.clone()).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{body}");
    }
}

#[tokio::test]
async fn stats_count_the_dynamodb_calls() {
    let server = Server::in_memory().await;
    let tokens = server.sign_in("alice").await;
    let before = server.get("/dev/stats").await.json();
    assert_eq!(before["dynamodb"]["TransactWriteItems"]["calls"], 1, "{before}");
    let reset = server.post("/dev/stats", json!({"reset": true})).await;
    assert_eq!((reset.status, &reset.json()["dynamodb"]), (200, &json!({})));
    let second = Tokens::of(&server.refresh(&tokens.refresh).await);
    let stats = server.get("/dev/stats").await.json();
    assert!(stats["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{stats}");
    let one_write = json!({"UpdateItem": {"calls": 1, "read_units": 0.0, "write_units": 1.0}});
    assert_eq!(stats["dynamodb"], one_write);
    server.list(&second.access).await;
    server.refresh("made.up.token").await;
    let stats = server.get("/dev/stats").await.json();
    assert_eq!(
        stats["dynamodb"]["UpdateItem"]["calls"], 2,
        "one call for the refresh and one to count the list: {stats}"
    );
    assert_eq!(stats["dynamodb"]["Query"]["calls"], 1, "{stats}");
    for body in [json!({}), json!({"reset": false}), json!({"reset": "true"})] {
        assert_eq!(server.post("/dev/stats", body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn a_client_address_can_be_simulated_but_not_forwarded() {
    let server = Server::in_memory().await;
    let forwarded = [
        ("X-Forwarded-For", "203.0.113.66"),
        ("Forwarded", "for=203.0.113.66"),
        ("X-Real-IP", "203.0.113.66"),
    ];
    for (given, seen) in
        [(Some("198.51.100.7"), "198.51.100.7"), (Some("2001:db8::1"), "2001:db8::1"), (None, "127.0.0.1")]
    {
        let login = server.request("POST", "/api/auth/login");
        let login = forwarded.iter().fold(login, |request, (name, value)| request.header(name, value));
        let login = given.iter().fold(login, |request, given| request.header("X-Dev-Source-Ip", given));
        let body = json!({"assertion": server.assertion(seen).await, "delivery": "body"});
        let tokens = Tokens::of(&login.json(&body).send(server.address).await);
        let list = server.list(&tokens.access).await;
        assert_eq!(list.json()["sessions"][0]["ip_address"], seen, "{}", list.text);
    }
    let wrong =
        server.request("GET", "/api/auth/sessions").header("X-Dev-Source-Ip", "198.51.100.7, 10.0.0.1");
    assert_eq!(wrong.send(server.address).await.json()["field"], "x-dev-source-ip");
}

#[tokio::test]
async fn a_stop_lets_a_request_in_flight_finish() {
    let server = Server::in_memory().await;
    let body = json!({"assertion": server.assertion("alice").await, "delivery": "body"});
    let request = server.request("POST", "/api/auth/login").json(&body);
    let (header_part, body) = request.parts();
    let (half, rest) = body.split_at(20);
    let mut stream = TcpStream::connect(server.address).await.expect("it listens");
    stream.write_all(format!("{header_part}{half}").as_bytes()).await.expect("it reads");
    // The response to a later request shows that the server has accepted the first one.
    assert_eq!(server.get("/dev/clock").await.status, 200);
    let idle = TcpStream::connect(server.address).await.expect("it listens");
    server.terminate().await;
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(rest.as_bytes()).await.expect("it still reads");
    let answer = Answer::read(&mut stream).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let stopped = Instant::now();
    let ended = server.ended().await;
    assert_eq!(ended.status.code(), Some(0), "{:?}", ended.logs);
    assert!(stopped.elapsed() < Duration::from_secs(2), "an idle connection delayed the stop");
    drop(idle);
}

#[tokio::test]
async fn an_endless_request_does_not_delay_a_stop() {
    let server = Server::in_memory().await;
    let request = server.request("POST", "/api/auth/login").json(&json!({"assertion": "a".repeat(100)}));
    let (header_part, _) = request.parts();
    let mut stream = TcpStream::connect(server.address).await.expect("it listens");
    stream.write_all(header_part.as_bytes()).await.expect("it reads");
    assert_eq!(server.get("/dev/clock").await.status, 200);
    let asked = Instant::now();
    let ended = server.stop().await;
    assert_eq!(ended.status.code(), Some(0), "{:?}", ended.logs);
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn invalid_http_is_refused_and_the_server_continues() {
    let server = Server::in_memory().await;
    let chunked = "4100\r\n".to_owned() + &"a".repeat(0x4100) + "\r\n0\r\n\r\n";
    let request = server.request("POST", "/api/auth/refresh").header("Content-Type", "application/json");
    let long =
        request.clone().header("Transfer-Encoding", "chunked").send_with(server.address, &chunked).await;
    assert_eq!((long.status, long.code().as_str()), (413, "body_too_large"));
    let long = json!({"refresh_token": "a".repeat(17_000)});
    assert_eq!(server.post("/api/auth/refresh", long).await.code(), "body_too_large");
    let header_part = server.request("HEAD", "/api/auth/refresh").send(server.address).await;
    assert_eq!((header_part.status, header_part.text.as_str()), (200, ""));
    let options = server.request("OPTIONS", "/api/auth/login").send(server.address).await;
    assert_eq!((options.status, options.header("allow")), (405, vec!["POST"]));
    let lost = server.get("/nowhere").await;
    assert_eq!((lost.status, lost.code().as_str()), (404, "not_found"));
    for garbage in ["\r\n\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}", "GET / HTTP/9.9\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.expect("it listens");
        stream.write_all(garbage.as_bytes()).await.expect("it reads");
    }
    let huge = server.request("GET", "/dev/clock").header("X-Long", &"a".repeat(600_000));
    assert!([400, 431].contains(&huge.send(server.address).await.status));
    assert_eq!(server.get("/dev/clock").await.status, 200);
}

#[tokio::test]
async fn keygen_prints_a_different_key_set_each_time() {
    let (one, other) = (run(&["keygen"]).await, run(&["keygen"]).await);
    assert!(one.status.success() && one.stderr.is_empty());
    assert_ne!(one.stdout, other.stdout);
    let text = String::from_utf8(one.stdout).expect("text");
    let keys = KeySet::parse(&text).expect("a good set");
    assert!(keys.signer().is_ok() && !keys.refresh().is_empty());
    assert_eq!(
        text.lines().count(),
        1,
        "the key set is one line, so that it fits in an environment variable"
    );
}

#[tokio::test]
async fn another_dynamodb_can_be_prepared_and_used() {
    let engine = Engine::memory().expect("an engine");
    let tables = engine.serve_tcp().await.expect("loopback has a free port");
    let endpoint = tables.endpoint();
    for _ in 0..2 {
        let output = run(&["table", "create", "--endpoint", &endpoint]).await;
        let names = String::from_utf8(output.stdout).expect("text");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        assert_eq!(names, "latchkey-sessions\nlatchkey-rate-limits\nlatchkey-security-events\n");
    }
    let arguments = ["--dynamodb", endpoint.as_str(), "--port", "0"];
    let server = Server::start(&arguments).await;
    let tokens = server.sign_in("alice").await;
    assert_eq!(server.refresh(&tokens.refresh).await.status, 200);
    // Another server on the same tables lists the user's sessions. It has other keys, so it refuses the tokens.
    let other = Server::start(&arguments).await;
    assert_eq!(other.refresh(&tokens.refresh).await.code(), "invalid_token");
    let theirs = other.sign_in("alice").await;
    let list = other.list(&theirs.access).await.json();
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(2), "{list}");
}

#[tokio::test]
async fn an_alert_reaches_the_alert_stream() {
    let server = Server::in_memory().await;
    let mut stream = server.open("/dev/alerts").await;
    let first = server.sign_in("alice").await;
    let second = Tokens::of(&server.refresh(&first.refresh).await);
    server.refresh(&second.refresh).await;
    assert_eq!(server.refresh(&first.refresh).await.status, 401);
    let event = stream.until("\n\n").await;
    assert!(event.contains("event: alert\n") && event.contains("\"event_type\":\"token_reused\""), "{event}");
    assert!(event.contains(&first.session) && !event.contains(&first.refresh), "{event}");
    let begun = Instant::now();
    let ended = server.stop().await;
    assert!(
        ended.status.success() && begun.elapsed() < Duration::from_secs(4),
        "an open stream does not delay a stop"
    );
    let warned = ended.logs.iter().any(|line| line.contains("severe security event"));
    assert!(warned, "{:?}", ended.logs);
}

#[tokio::test]
async fn openapi_yaml_is_served() {
    let server = Server::in_memory().await;
    let document = server.get("/openapi.yaml").await;
    assert_eq!((document.status, document.header("content-type")), (200, vec!["application/yaml"]));
    assert_eq!(document.text, include_str!("../../../openapi.yaml"));
}
