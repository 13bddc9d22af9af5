//! The functions as Lambda starts them: each gives the same responses as the router of the local server.
//!
//! Every function here is its real binary under a runtime API on loopback; local server and functions share one engine,
//! the functions over TCP. All run on the system's clock.

mod authorizer;
mod cleanup;
mod deployment;
mod freeze;
mod local_router;
mod notify;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use deployment::{ANDROID, Deployment, FUNCTIONS, ISSUING, filled};
use http::StatusCode;
use latchkey_tests::event::{Event, Reply};
use latchkey_tests::lambda::{Failure, FunctionError};
use latchkey_tests::openapi::Spec;
use latchkey_tests::world::Tokens;
use local_router::{assert_same, at_local_server};
use serde_json::{Value, json};

const ACCESS: &str = "__Host-latchkey_access";
const REFRESH: &str = "__Host-latchkey_refresh";

/// Every sample event with its function, and the status and code of the response.
const SAMPLES: [(&str, &str, u16, &str); 40] = [
    ("login-body", "login", 201, ""),
    ("login-cookie", "login", 201, ""),
    ("base64-body", "login", 201, ""),
    ("wrong-method", "login", 405, "method_not_allowed"),
    ("refresh-body", "refresh", 200, ""),
    ("refresh-cookie", "refresh", 200, ""),
    ("refresh-form", "refresh", 200, ""),
    ("refresh-status", "refresh", 200, ""),
    ("dbsc-registration", "refresh", 400, "device_proof_required"),
    ("dbsc-refresh", "refresh", 200, ""),
    ("stage-prefix", "refresh", 200, ""),
    ("jwks", "refresh", 200, ""),
    ("revocations", "refresh", 200, ""),
    ("discovery", "refresh", 200, ""),
    ("metadata", "refresh", 200, ""),
    ("two-cookies-of-one-name", "refresh", 400, "invalid_request"),
    ("duplicated-origin-header", "refresh", 403, "csrf_rejected"),
    ("sessions-list", "sessions", 200, ""),
    ("sessions-one", "sessions", 200, ""),
    ("sessions-events", "sessions", 200, ""),
    ("sessions-cleanup-forbidden", "sessions", 403, "forbidden"),
    ("fleet-events-forbidden", "sessions", 403, "forbidden"),
    ("fleet-sign-ins-forbidden", "sessions", 403, "forbidden"),
    ("fleet-overview-forbidden", "sessions", 403, "forbidden"),
    ("fleet-search-forbidden", "sessions", 403, "forbidden"),
    ("sessions-end-one", "sessions", 200, ""),
    ("sessions-end-others", "sessions", 200, ""),
    ("not-found", "sessions", 404, "not_found"),
    ("revoke-current", "revoke", 200, ""),
    ("revoke-all", "revoke", 200, ""),
    ("revoke-token-form", "revoke", 200, ""),
    ("revoke-history", "revoke", 200, ""),
    ("revoke-user-forbidden", "revoke", 403, "forbidden"),
    ("introspect", "revoke", 200, ""),
    ("backchannel-logout", "revoke", 400, "invalid_request"),
    ("global-token-revocation", "revoke", 401, "invalid_token"),
    ("ssf-events", "revoke", 400, "invalid_request"),
    ("sign-in-review", "revoke", 400, ""),
    ("sign-in-review-answer", "revoke", 400, ""),
    ("login-attempts", "login", 200, ""),
];

/// The event of a user with two sessions. It has the id of the second session.
async fn as_user(deployment: &Deployment, user: &str, name: &str) -> Event {
    let world = &deployment.world;
    let service = world.assertion_with("backend", json!({"scope": "latchkey:attempts"}));
    let sample = Event::from_file(name).fill("assertion", &world.assertion(user));
    let sample = sample.fill("service_assertion", &service).fill("user", user);
    let own = deployment.sign_in(user, &sample).await;
    let other = deployment.sign_in(user, &sample).await;
    filled(&sample.fill("session_id", &other.session), &own)
}

/// Without this setting, each cold start loads 0.2 MB more. A function that unwinds must not have it.
#[test]
fn every_function_is_linked_without_unwind_tables_and_aborts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let says = |manifest: &Path, line: &str| {
        let text = std::fs::read_to_string(manifest).expect("a manifest");
        assert!(text.lines().any(|each| each == line), "{} without {line}", manifest.display());
    };
    let folders = std::fs::read_dir(root.join("functions")).expect("the functions");
    let folders: Vec<_> =
        folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    assert!(folders.len() >= FUNCTIONS.len(), "{folders:?}");
    for folder in folders {
        says(&folder.join("Cargo.toml"), "build = \"../link.rs\"");
    }
    says(&root.join("Cargo.toml"), "panic = \"abort\"");
}

#[tokio::test]
async fn every_sample_event_gets_the_same_response_from_the_local_server() {
    let mut deployment = Deployment::new().await;
    for (name, function, status, code) in SAMPLES {
        let (here, there) = (format!("{name} here"), format!("{name} there"));
        let event = as_user(&deployment, &here, name).await;
        let answer = deployment.call(function, event).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
        assert_eq!(answer.code().unwrap_or_default(), code, "{name}");
        // The local server has no stages.
        let event = match name {
            "stage-prefix" => as_user(&deployment, &there, "refresh-body").await,
            _ => as_user(&deployment, &there, name).await,
        };
        assert_same(&answer, &at_local_server(&deployment.world, event).await, name);
    }
}

#[test]
fn every_sample_event_is_tested() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let files = std::fs::read_dir(folder).expect("there is a folder of events");
    let paths = files.map(|file| file.expect("a file").path());
    let there: BTreeSet<String> =
        paths.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    let here = SAMPLES.iter().map(|(name, ..)| *name).chain(authorizer::SAMPLES.map(|(name, _)| name));
    let here = here.chain(cleanup::SAMPLES).chain(notify::SAMPLES);
    let here: BTreeSet<String> = here.map(str::to_owned).collect();
    assert_eq!(there, here);
}

/// Every operation of `openapi.yaml` has a sample event.
#[test]
fn every_operation_has_a_sample_event() {
    let sampled: BTreeSet<String> = SAMPLES
        .iter()
        .flat_map(|(name, ..)| {
            let event = Event::from_file(name).build();
            let text =
                |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let path = text("/rawPath").replace("{{session_id}}", "one");
            let method = text("/requestContext/http/method");
            let there = Spec::get().methods_at(&path).into_iter();
            there.filter(move |operation| operation.method == method).map(|operation| operation.id.to_owned())
        })
        .collect();
    let described: BTreeSet<String> =
        Spec::get().operations().iter().map(|operation| operation.id.to_owned()).collect();
    assert_eq!(sampled, described);
}

#[tokio::test]
async fn every_response_has_the_gateways_request_id_and_common_headers() {
    let mut deployment = Deployment::new().await;
    for (name, function) in [("jwks", "refresh"), ("not-found", "sessions"), ("wrong-method", "login")] {
        let answer = deployment.call(function, Event::from_file(name)).await;
        let id = Event::from_file(name).build()["requestContext"]["requestId"].clone();
        assert_eq!(answer.header("x-request-id"), id.as_str(), "{name}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
        let cache = if name == "jwks" { "public, max-age=300" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(cache), "{name}");
        if answer.status != 200 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
            assert_eq!(answer.body["request_id"], id, "{name}");
        }
    }
}

#[tokio::test]
async fn function_and_local_server_share_sessions() {
    let mut deployment = Deployment::new().await;
    let assertion = deployment.world.assertion("alice");
    let login = deployment.call("login", Event::from_file("login-body").fill("assertion", &assertion)).await;
    let first = parse_tokens(&login);
    let device = deployment.device(&Event::from_file("login-body"));
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    assert_eq!(second.session, first.session);
    let list = Event::new("GET", "/api/auth/sessions").user_agent(ANDROID).bearer(&second.access);
    let list = deployment.call("sessions", list).await;
    assert_eq!(list.body["sessions"][0]["session_id"], json!(first.session), "{}", list.body);
    assert_eq!(list.body["sessions"][0]["is_current"], true);
    let third = deployment.call("refresh", filled(&Event::from_file("refresh-body"), &second)).await;
    let third = parse_tokens(&third);
    let out = deployment.call("revoke", filled(&Event::from_file("revoke-all"), &third)).await;
    assert_eq!((out.status, &out.body["ended"]), (StatusCode::OK, &json!(1)), "{}", out.body);
    let refused = device.refresh(&third.refresh).await;
    assert_eq!((refused.code(), &refused.body["reason"]), ("session_ended", &json!("signed_out")));
    let refused =
        deployment.call("sessions", Event::new("GET", "/api/auth/sessions").bearer(&third.access)).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, Some("session_ended")));
}

#[tokio::test]
async fn function_and_local_server_repeat_a_lost_response_byte_for_byte() {
    let mut deployment = Deployment::new().await;
    let login = Event::from_file("login-body").fill("assertion", &deployment.world.assertion("alice"));
    let first = parse_tokens(&deployment.call("login", login.clone()).await);
    let again = parse_tokens(&at_local_server(&deployment.world, login).await);
    assert_eq!((first.session, &first.refresh), (again.session.clone(), &again.refresh));
    let refresh = filled(&Event::from_file("refresh-body"), &again);
    let at_the_laptop = parse_tokens(&at_local_server(&deployment.world, refresh.clone()).await);
    let at_the_function = parse_tokens(&deployment.call("refresh", refresh).await);
    assert_eq!(at_the_laptop.refresh, at_the_function.refresh);
    assert_eq!(deployment.generation("alice", &again.session).await, Some(1));
}

#[tokio::test]
async fn cookies_are_returned_separately_from_the_headers() {
    let mut deployment = Deployment::new().await;
    let assertion = deployment.world.assertion("alice");
    let login = Event::from_file("login-cookie").fill("assertion", &assertion);
    let login = deployment.call("login", login).await;
    assert_two_cookies(&login, "604800");
    for member in ["access_token", "refresh_token", "token_type", "refresh_expires_in"] {
        assert!(login.body.get(member).is_none(), "{member}");
    }
    let tokens = cookie_tokens(&login);
    let refresh = deployment.call("refresh", filled(&Event::from_file("refresh-cookie"), &tokens)).await;
    assert_two_cookies(&refresh, "604800");
    let tokens = cookie_tokens(&refresh);
    let out = deployment.call("revoke", filled(&Event::from_file("revoke-current"), &tokens)).await;
    assert_two_cookies(&out, "0");
    assert_eq!((out.cookie(ACCESS), out.cookie(REFRESH)), (Some(""), Some("")));
}

fn assert_two_cookies(answer: &Reply, max_age: &str) {
    assert!(answer.headers.get("set-cookie").is_none());
    let attributes: Vec<(&str, &str)> =
        answer.cookies.iter().map(|line| line.split_once('=').expect("a cookie has a name")).collect();
    let attributes =
        attributes.iter().map(|(name, rest)| (*name, rest.split_once("; ").expect("attributes").1));
    let of = |same_site: &str| format!("Path=/; Max-Age={max_age}; HttpOnly; Secure; SameSite={same_site}");
    assert_eq!(
        attributes.collect::<Vec<_>>(),
        [(ACCESS, of("Lax").as_str()), (REFRESH, of("Strict").as_str())]
    );
}

#[tokio::test]
async fn the_stage_is_removed_from_the_path() {
    let mut deployment = Deployment::new().await;
    let sample = Event::from_file("stage-prefix");
    let tokens = deployment.sign_in("alice", &sample).await;
    let answer = deployment.call("refresh", filled(&sample, &tokens)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let status =
        Event::new("GET", "/api/auth/refresh").stage_prefix("v1").bearer(&parse_tokens(&answer).access);
    assert_eq!(deployment.call("refresh", status).await.body["state"], "active");
    // A path that only begins with the stage's name, and a stage that is not a prefix of the path.
    for (stage, path) in [("pro", "/prod/api/auth/refresh"), ("$default", "/prod/api/auth/refresh")] {
        let mut event = Event::new("GET", path).build();
        event["requestContext"]["stage"] = json!(stage);
        let mut function = deployment.start("refresh", &[]).await.expect("it starts");
        let answer = Reply::parse(function.invoke(event).await.expect("it answers"));
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, Some("not_found")), "{stage}");
    }
}

#[tokio::test]
async fn a_body_in_base64_is_decoded() {
    let mut deployment = Deployment::new().await;
    let tokens = deployment.sign_in("alice", &Event::from_file("refresh-body")).await;
    let body = json!({"refresh_token": tokens.refresh}).to_string();
    let event = Event::new("POST", "/api/auth/refresh").user_agent(ANDROID);
    let encoded = deployment.call("refresh", event.clone().base64_body("application/json", &body)).await;
    let plain = deployment.call("refresh", event.clone().body("application/json", &body)).await;
    assert_eq!(parse_tokens(&encoded).refresh, parse_tokens(&plain).refresh);
    let not_utf8 = deployment
        .call("refresh", event.base64_body("application/json", b"{\"refresh_token\":\"\xff\"}"))
        .await;
    assert_eq!((not_utf8.status, not_utf8.code()), (StatusCode::BAD_REQUEST, Some("invalid_request")));
}

#[tokio::test]
async fn a_body_over_16_kib_is_refused_in_base64_too() {
    let mut deployment = Deployment::new().await;
    let text = json!({"refresh_token": "a".repeat(16 * 1024)}).to_string();
    let event = Event::new("POST", "/api/auth/refresh");
    for event in [event.clone().body("application/json", &text), event.base64_body("application/json", &text)]
    {
        let answer = deployment.call("refresh", event).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, Some("body_too_large")));
    }
}

#[tokio::test]
async fn a_tampered_request_changes_nothing() {
    let mut deployment = Deployment::new().await;
    for (name, status, code) in [
        ("two-cookies-of-one-name", 400, "invalid_request"),
        ("duplicated-origin-header", 403, "csrf_rejected"),
    ] {
        let sample = Event::from_file(name);
        let tokens = deployment.sign_in(name, &sample).await;
        let answer = deployment.call("refresh", filled(&sample, &tokens)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, Some(code)), "{}", answer.body);
        assert_eq!(deployment.generation(name, &tokens.session).await, Some(0), "{name}");
        assert!(answer.cookies.is_empty(), "{name}");
        let refreshed = deployment.device(&sample).refresh(&tokens.refresh).await;
        assert_eq!(refreshed.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_repeated_authorization_header_is_refused() {
    let mut deployment = Deployment::new().await;
    let event = Event::new("GET", "/api/auth/sessions").user_agent(ANDROID);
    let tokens = deployment.sign_in("alice", &event).await;
    let twice =
        event.bearer(&tokens.access).header_again("authorization", &format!("Bearer {}", tokens.access));
    let answer = deployment.call("sessions", twice).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, Some("invalid_token")));
}

#[tokio::test]
async fn the_client_address_is_that_of_the_gateway() {
    let mut deployment = Deployment::new().await;
    let login = Event::from_file("login-body").fill("assertion", &deployment.world.assertion("alice"));
    let login = login.source_ip("198.51.100.77");
    let login =
        ["x-forwarded-for", "x-real-ip", "x-dev-source-ip", "cf-connecting-ip", "cloudfront-viewer-address"]
            .iter()
            .fold(login, |event, name| event.header(name, "203.0.113.66"));
    let tokens = parse_tokens(&deployment.call("login", login).await);
    let list =
        deployment.call("sessions", Event::new("GET", "/api/auth/sessions").bearer(&tokens.access)).await;
    assert_eq!(list.body["sessions"][0]["ip_address"], "198.51.100.77", "{}", list.body);
}

#[tokio::test]
async fn a_wrong_method_at_a_function_is_405_with_the_allowed_methods() {
    let mut deployment = Deployment::new().await;
    let cases = [
        ("login", "GET", "/api/auth/login", "POST"),
        ("refresh", "DELETE", "/api/auth/refresh", "GET,HEAD,POST"),
        ("refresh", "POST", "/api/auth/.well-known/jwks.json", "GET,HEAD"),
        ("sessions", "PUT", "/api/auth/sessions", "DELETE,GET,HEAD,POST"),
        ("sessions", "PATCH", "/api/auth/sessions/0193", "DELETE,GET,HEAD"),
        ("revoke", "DELETE", "/api/auth/revoke", "GET,HEAD,POST"),
    ];
    for (function, method, path, allowed) in cases {
        let answer = deployment.call(function, Event::new(method, path)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (405, Some("method_not_allowed")),
            "{method} {path}"
        );
        let mut allow: Vec<&str> =
            answer.header("allow").unwrap_or_default().split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn a_function_serves_only_its_own_paths() {
    let mut deployment = Deployment::new().await;
    let paths = [
        ("login", "POST", "/api/auth/login"),
        ("refresh", "POST", "/api/auth/refresh"),
        ("sessions", "GET", "/api/auth/sessions"),
        ("revoke", "POST", "/api/auth/revoke"),
    ];
    for function in FUNCTIONS {
        for (owner, method, path) in paths {
            let answer = deployment.call(function, Event::new(method, path)).await;
            assert_eq!(answer.status == 404, function != owner, "{path} at {function}: {}", answer.body);
        }
        let dev_response =
            deployment.call(function, Event::new("POST", "/dev/assertion").json(json!({"sub": "a"}))).await;
        assert_eq!(dev_response.status, 404, "{function} serves the dev controls");
    }
}

/// API Gateway forwards the path and the query unchanged.
#[tokio::test]
async fn an_invalid_request_uri_does_not_stop_a_function() {
    let mut deployment = Deployment::new().await;
    let own = ["/api/auth/login", "/api/auth/refresh", "/api/auth/sessions/a", "/api/auth/revoke"];
    for (function, path) in FUNCTIONS.into_iter().zip(own) {
        let mut running = deployment.start(function, &[]).await.expect("it starts");
        for (path, query) in [
            (path, "scope=<others>"),
            (path, "a=\"b\""),
            (path, "a b"),
            (path, "a=%zz&&&=="),
            (path, "\u{e4}\u{7f}\u{0}"),
            (path, &"a=b&".repeat(2_500)),
            ("/api/auth/sessions/\u{e4} \"<>", ""),
            ("/api/auth/sessions/%00%zz", ""),
            ("//api/auth/sessions", ""),
            ("/api/auth/../../login", ""),
        ] {
            let mut event = Event::new("GET", "/").build();
            event["rawPath"] = json!(path);
            event["rawQueryString"] = json!(query);
            let answer = running.invoke(event).await;
            let answer = answer.unwrap_or_else(|error| panic!("{function} {path}?{query}: {error}"));
            let status = Reply::parse(answer).status.as_u16();
            assert!((400..500).contains(&status) || status == 200, "{function} {path}?{query}: {status}");
        }
    }
    let list = deployment.call("sessions", Event::new("GET", "/api/auth/sessions")).await;
    assert_eq!(list.code(), Some("token_missing"));
}

#[tokio::test]
async fn an_event_that_is_not_a_request_does_not_stop_a_function() {
    let deployment = Deployment::new().await;
    let mut function = deployment.start("sessions", &[]).await.expect("it starts");
    for event in [json!({}), json!(null), json!({"version": "2.0"}), json!([1]), json!("ping")] {
        let error = function.invoke(event).await.expect_err("it is no request");
        assert!(matches!(error.failure, Failure::Reported(_)), "{error}");
    }
    let answer = function.invoke(Event::from_file("not-found").build()).await.expect("it goes on");
    assert_eq!(Reply::parse(answer).status, 404);
}

#[tokio::test]
async fn without_a_store_a_function_starts_and_answers_503_in_time() {
    let deployment = Deployment::new().await;
    let tokens = deployment.sign_in("alice", &Event::from_file("refresh-body")).await;
    // Bound and dropped, so that no server listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let endpoint = format!("http://{}", closed.expect("loopback has a free port"));
    let mut function =
        deployment.start("refresh", &[("AWS_ENDPOINT_URL_DYNAMODB", &endpoint)]).await.expect("it starts");
    let asked = Instant::now();
    let answer = function.invoke(filled(&Event::from_file("refresh-body"), &tokens).build()).await;
    let answer = Reply::parse(answer.expect("it answers"));
    assert!(asked.elapsed() < Duration::from_secs(3));
    assert_eq!((answer.status.as_u16(), answer.code()), (503, Some("store_unavailable")));
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert!(answer.cookies.is_empty());
    let refreshed = deployment.device(&Event::from_file("refresh-body")).refresh(&tokens.refresh).await;
    assert_eq!(refreshed.status, 200, "the token is still accepted");
}

#[tokio::test]
async fn a_function_without_a_required_setting_names_it_and_exits() {
    let deployment = Deployment::new().await;
    for function in FUNCTIONS {
        for name in [
            "LATCHKEY_KEYS",
            "LATCHKEY_ISSUER",
            "LATCHKEY_AUDIENCE",
            "LATCHKEY_TRUSTED_ISSUERS",
            "AWS_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert_start_fails(&deployment, function, name, "").await;
        }
    }
}

#[tokio::test]
async fn a_function_with_an_invalid_setting_names_it_and_exits() {
    let deployment = Deployment::new().await;
    let two_signing_keys =
        deployment.settings("login")["LATCHKEY_KEYS"].replacen("\"keys\":[", "\"keys\":[{},", 1);
    let wrong = [
        ("LATCHKEY_KEYS", "not-json-but-secret"),
        ("LATCHKEY_KEYS", two_signing_keys.as_str()),
        ("LATCHKEY_ISSUER", "http://app.example.com/api/auth"),
        ("LATCHKEY_TRUSTED_ISSUERS", "[]"),
        ("LATCHKEY_ALLOWED_ORIGINS", "*"),
        ("COOKIE_SECURE", "yes"),
        ("ACCESS_TOKEN_TTL", "8d"),
        ("REFRESH_GRACE", "11m"),
        ("SESSION_LIMIT", "31"),
        ("LIMIT_REFRESH", "20"),
        ("TABLE_SESSIONS", "no table"),
        ("AWS_CA_BUNDLE", "/nowhere/bundle.pem"),
        ("AWS_CA_BUNDLE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
    ];
    for (name, value) in wrong {
        assert_start_fails(&deployment, "sessions", name, value).await;
    }
}

/// Checks that the function exits with an error code and one JSON line that names the setting and has no secret.
async fn assert_start_fails(deployment: &Deployment, function: &str, name: &str, value: &str) {
    let what = format!("{function} with {name}={value:?}");
    let error = deployment.start(function, &[(name, value)]).await.map(|_| ()).expect_err(&what);
    assert_exit(&error, &what);
    let [line] = error.logs.as_slice() else { panic!("{what} wrote {:?}", error.logs) };
    let json: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{what}: {line}"));
    assert_eq!(json["level"], "ERROR", "{what}");
    let message = json["error"].as_str().unwrap_or_default();
    assert!(message.starts_with(&format!("{name}: ")), "{what}: {line}");
    let value = if value.len() > 8 { value } else { "no value so short is a secret" };
    let secrets = deployment.secrets();
    for secret in secrets.iter().map(String::as_str).chain([value]) {
        assert!(name == "AWS_CA_BUNDLE" || !line.contains(secret), "{what}: {line}");
    }
}

fn assert_exit(error: &FunctionError, what: &str) {
    let Failure::Exited(status) = &error.failure else { panic!("{what}: {error}") };
    assert!(status.code().is_some_and(|code| code != 0), "{what}: {status}");
}

#[tokio::test]
async fn only_functions_that_issue_tokens_need_a_private_key() {
    let deployment = Deployment::new().await;
    let public = deployment.public_keys();
    assert!(!public.contains("\"d\""));
    for function in FUNCTIONS {
        let started = deployment.start(function, &[("LATCHKEY_KEYS", &public)]).await;
        assert_eq!(started.is_err(), ISSUING.contains(&function), "{function}");
    }
    for function in ISSUING {
        assert_start_fails(&deployment, function, "LATCHKEY_KEYS", &public).await;
    }
}

#[tokio::test]
async fn without_a_refresh_key_no_function_starts() {
    let deployment = Deployment::new().await;
    for function in FUNCTIONS {
        let mut keys: Value =
            serde_json::from_str(&deployment.settings(function)["LATCHKEY_KEYS"]).expect("JSON");
        keys["keys"].as_array_mut().expect("keys").retain(|key| key["kty"] != "oct");
        assert_start_fails(&deployment, function, "LATCHKEY_KEYS", &keys.to_string()).await;
    }
}

#[tokio::test]
async fn no_log_line_of_a_function_contains_a_token() {
    let mut deployment = Deployment::new().await;
    let mut secrets = deployment.secrets();
    for (name, function, ..) in SAMPLES {
        let assertion = deployment.world.assertion(name);
        let sample = Event::from_file(name).fill("assertion", &assertion);
        let tokens = deployment.sign_in(name, &sample).await;
        let good = filled(&sample, &tokens);
        let answer = deployment.call(function, good.clone()).await;
        // Repeated, and with a slightly wrong token, because refusals are logged, too.
        deployment.call(function, good).await;
        let spoilt = Tokens {
            access: spoilt(&tokens.access),
            refresh: spoilt(&tokens.refresh),
            session: tokens.session,
        };
        deployment.call(function, filled(&sample, &spoilt)).await;
        secrets.extend([assertion, tokens.access, tokens.refresh, spoilt.access, spoilt.refresh]);
        secrets.extend(answer.cookie(ACCESS).map(str::to_owned));
        secrets.extend(answer.cookie(REFRESH).map(str::to_owned));
        for member in ["access_token", "refresh_token"] {
            secrets.extend(answer.body[member].as_str().map(str::to_owned));
        }
    }
    // Each part of a token, and the nonce from the payload of a refresh token.
    let parts = secrets.iter().flat_map(|secret| secret.split('.')).filter(|part| part.len() >= 16);
    let parts: BTreeSet<&str> = parts.collect();
    let logs = deployment.logs();
    assert!(logs.len() > SAMPLES.len(), "{} lines", logs.len());
    for line in &logs {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
        assert!(!line.contains("eyJ") && !line.contains("latchkey_"), "{line}");
        assert!(!parts.iter().any(|part| line.contains(part)), "{line}");
    }
}

/// Changes the last character but one of the signature.
fn spoilt(token: &str) -> String {
    let at = token.len() - 2;
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

fn parse_tokens(answer: &Reply) -> Tokens {
    let text = |member: &str| {
        let value = answer.body[member].as_str();
        value.unwrap_or_else(|| panic!("no {member} in {} {}", answer.status, answer.body)).to_owned()
    };
    Tokens { access: text("access_token"), refresh: text("refresh_token"), session: text("session_id") }
}

fn cookie_tokens(answer: &Reply) -> Tokens {
    let cookie = |name| answer.cookie(name).expect("both cookies are set").to_owned();
    let session = answer.body["session_id"].as_str().expect("a session").to_owned();
    Tokens { access: cookie(ACCESS), refresh: cookie(REFRESH), session }
}
