//! The authorizer as API Gateway calls it: its real binary with only the settings that it needs.

use std::collections::BTreeMap;

use latchkey::clock::{Clock as _, SystemClock};
use latchkey_tests::binary::built;
use latchkey_tests::event::Event;
use latchkey_tests::lambda::{Failure, Function, FunctionError, RuntimeApi};
use latchkey_tests::world::{DeviceKey, Tokens, flipped, payload};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::deployment::{Deployment, filled};
use super::{assert_exit, spoilt};

/// Every sample event of a signed-in user, and whether it is authorized.
pub(crate) const SAMPLES: [(&str, bool); 6] = [
    ("authorizer-bearer", true),
    ("authorizer-cookie", true),
    ("authorizer-cookie-post", true),
    ("authorizer-cookie-cross-site", false),
    ("authorizer-two-cookies", false),
    ("authorizer-no-token", false),
];

const STRICT: (&str, &str) = ("AUTHORIZER_MODE", "strict");

/// The complete response of the authorizer for a refused request.
fn refused() -> Value {
    json!({"isAuthorized": false})
}

fn authorized(user: &str, tokens: &Tokens, scope: &str) -> Value {
    json!({"isAuthorized": true, "context": {"sub": user, "sid": tokens.session, "scope": scope}})
}

/// Public keys, issuer and audience: no private key, no `oct` key, no trusted issuer, no credentials.
fn offline(deployment: &Deployment) -> BTreeMap<String, String> {
    let mut settings = deployment.settings("authorizer");
    settings.retain(|name, _| ["LATCHKEY_ISSUER", "LATCHKEY_AUDIENCE"].contains(&name.as_str()));
    let mut keys: Value = serde_json::from_str(&deployment.public_keys()).expect("JSON");
    keys["keys"].as_array_mut().expect("keys").retain(|key| key["kty"] != "oct");
    settings.insert("LATCHKEY_KEYS".to_owned(), keys.to_string());
    for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        settings.insert(name.to_owned(), String::new());
    }
    settings
}

/// The offline settings and the address of the tables.
fn strict(deployment: &Deployment) -> BTreeMap<String, String> {
    let mut settings = offline(deployment);
    settings.retain(|name, _| !name.starts_with("AWS_"));
    let endpoint = deployment.settings("authorizer")["AWS_ENDPOINT_URL_DYNAMODB"].clone();
    settings.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint);
    settings.insert(STRICT.0.to_owned(), STRICT.1.to_owned());
    settings
}

async fn start(settings: BTreeMap<String, String>) -> Result<Function, Box<FunctionError>> {
    RuntimeApi::start().await.spawn(built("authorizer"), settings).await.map_err(Box::new)
}

async fn both(deployment: &Deployment) -> [Function; 2] {
    let offline = start(offline(deployment)).await.expect("it starts");
    [offline, start(strict(deployment)).await.expect("it starts")]
}

async fn ask(function: &mut Function, event: Event) -> Value {
    function.invoke(event.build()).await.expect("it answers")
}

fn bearer(token: &str) -> Event {
    Event::from_file("authorizer-bearer").fill("access_token", token)
}

async fn sign_in(deployment: &Deployment, user: &str) -> Tokens {
    deployment.sign_in(user, &Event::from_file("authorizer-bearer")).await
}

#[tokio::test]
async fn the_authorizer_answers_every_sample_event() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    for mut function in both(&deployment).await {
        for (name, is_authorized) in SAMPLES {
            let expected = if is_authorized { authorized("alice", &tokens, "") } else { refused() };
            assert_eq!(
                ask(&mut function, filled(&Event::from_file(name), &tokens)).await,
                expected,
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn the_authorizer_refuses_forged_tokens() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let keys = &deployment.world.server.app.config().keys;
    let signer = keys.signer().expect("the local server signs");
    let now = SystemClock.now().seconds();
    let resigned = |name: &str, value: Value| {
        let mut claims = payload(&tokens.access);
        claims[name] = value;
        signer.sign(claims.to_string().as_bytes()).expect("it signs").expose().to_owned()
    };
    let good = resigned("exp", json!(now + 60));
    let forgeries = [
        flipped(&tokens.access),
        spoilt(&tokens.access),
        tokens.refresh.clone(),
        deployment.world.assertion("alice"),
        resigned("exp", json!(now - 1)),
        resigned("aud", json!("https://other.example.com")),
        resigned("iss", json!("https://evil.example.com/api/auth")),
        String::new(),
    ];
    for mut function in both(&deployment).await {
        assert_eq!(ask(&mut function, bearer(&good)).await, authorized("alice", &tokens, ""));
        for forgery in &forgeries {
            assert_eq!(ask(&mut function, bearer(forgery)).await, refused(), "{forgery}");
        }
        let lines = function.logs().join("\n");
        assert_eq!(lines.matches("\"code\":\"invalid_token\"").count(), forgeries.len() - 1, "{lines}");
        assert_eq!(lines.matches("\"code\":\"token_expired\"").count(), 1, "{lines}");
        assert_eq!(lines.matches("\"level\":\"INFO\"").count(), forgeries.len(), "{lines}");
        assert!(!lines.contains("eyJ"), "{lines}");
    }
}

#[tokio::test]
async fn the_authorizer_checks_one_credential_and_never_falls_back() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let cookie = || filled(&Event::from_file("authorizer-cookie"), &tokens);
    let good = format!("Bearer {}", tokens.access);
    for mut function in both(&deployment).await {
        let twice = bearer(&tokens.access).header_again("authorization", &good);
        assert_eq!(ask(&mut function, twice).await, refused(), "two values");
        for bad in ["", "Bearer", "Bearer ", "Bearer x.y.z", "DPoP x"] {
            assert_eq!(ask(&mut function, cookie().header("authorization", bad)).await, refused(), "{bad:?}");
        }
        let foreign = cookie().header("authorization", "Basic YTpi");
        assert_eq!(ask(&mut function, foreign).await, authorized("alice", &tokens, ""), "another scheme");
        let both = cookie().cookie("__Host-latchkey_access", "bad").header("authorization", &good);
        assert_eq!(ask(&mut function, both).await, authorized("alice", &tokens, ""), "the header decides");
        let mut event = bearer(&tokens.access).build();
        event["headers"] = json!({"Authorization": good});
        let answer = function.invoke(event.clone()).await.expect("it answers");
        assert_eq!(answer, authorized("alice", &tokens, ""), "the name in another case");
        event["headers"]["authorization"] = json!(good);
        assert_eq!(
            function.invoke(event.clone()).await.expect("it answers"),
            refused(),
            "two names that differ only in case"
        );
        event["headers"] = json!(null);
        assert_eq!(function.invoke(event).await.expect("it answers"), refused(), "in none");
    }
}

#[tokio::test]
async fn the_authorizer_accepts_cookies_from_allowed_origins_only() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let mut settings = offline(&deployment);
    settings.insert("LATCHKEY_ALLOWED_ORIGINS".to_owned(), "https://app.example.com".to_owned());
    let mut function = start(settings).await.expect("it starts");
    let post = filled(&Event::from_file("authorizer-cookie-post"), &tokens).without_header("sec-fetch-site");
    for (origin, expected) in [
        ("https://app.example.com", authorized("alice", &tokens, "")),
        ("https://evil.example.com", refused()),
        ("https://app.example.com,https://evil.example.com", refused()),
    ] {
        assert_eq!(ask(&mut function, post.clone().header("origin", origin)).await, expected, "{origin}");
    }
    assert_eq!(ask(&mut function, post.without_header("origin")).await, refused(), "neither header");
    let lines = function.logs().join("\n");
    assert_eq!(lines.matches("csrf_rejected").count(), 3, "{lines}");
}

#[tokio::test]
async fn a_permissive_authorizer_passes_the_reason_of_an_invalid_token() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let device = deployment.device(&Event::from_file("authorizer-bearer"));
    let ended = sign_in(&deployment, "alice").await;
    device.revoke(&ended.access, json!({"strategy": "current"})).await.assert_status(200);
    let mut settings = strict(&deployment);
    settings.insert("AUTHORIZER_ON_INVALID".to_owned(), "pass".to_owned());
    let mut function = start(settings.clone()).await.expect("it starts");
    let stranger = |code: &str| json!({"isAuthorized": true, "context": {"error": code}});
    assert_eq!(ask(&mut function, bearer(&tokens.access)).await, authorized("alice", &tokens, ""));
    for (event, code) in [
        (Event::from_file("authorizer-no-token"), "token_missing"),
        (bearer(&flipped(&tokens.access)), "invalid_token"),
        (bearer(&ended.access), "session_ended"),
        (filled(&Event::from_file("authorizer-cookie-cross-site"), &tokens), "csrf_rejected"),
    ] {
        assert_eq!(ask(&mut function, event).await, stranger(code));
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let endpoint = format!("http://{}", closed.expect("loopback has a free port"));
    settings.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint);
    let mut function = start(settings).await.expect("it starts");
    let error =
        function.invoke(bearer(&tokens.access).build()).await.expect_err("the session cannot be checked");
    assert_reported(&error, "store_unavailable");
}

#[tokio::test]
async fn the_authorizer_demands_the_proof_of_a_bound_token() {
    let deployment = Deployment::new().await;
    let (key, event) = (DeviceKey::generate(), Event::from_file("authorizer-bearer"));
    let mut claims = DeviceKey::claims("POST", "", deployment.world.now());
    claims["htu"] = json!(format!("{}/login", deployment.world.server.app.config().issuer));
    let tokens = deployment.device(&event).proof(&key.sign(&claims)).sign_in("alice").await;
    let proof = |origin: &str| {
        let mut claims = DeviceKey::claims("GET", "/orders", deployment.world.now());
        claims["htu"] = json!(format!("{origin}/orders"));
        key.sign_for(claims, &tokens.access)
    };
    let dpop = |proof: &str| {
        bearer("").header("authorization", &format!("DPoP {}", tokens.access)).header("dpop", proof)
    };
    let mut settings = offline(&deployment);
    let mut without_urls = start(settings.clone()).await.expect("it starts");
    assert_eq!(ask(&mut without_urls, dpop(&proof("https://shop.example.com"))).await, refused());
    settings.insert("AUTHORIZER_PUBLIC_URLS".to_owned(), "https://shop.example.com".to_owned());
    settings.insert("AUTHORIZER_ON_INVALID".to_owned(), "pass".to_owned());
    let mut function = start(settings).await.expect("it starts");
    let answer = ask(&mut function, dpop(&proof("https://shop.example.com"))).await;
    assert_eq!(answer, authorized("alice", &tokens, ""));
    for (event, code) in [
        (bearer(&tokens.access), "device_proof_required"),
        (dpop(&proof("https://evil.example")), "invalid_dpop_proof"),
        (bearer("").header("authorization", &format!("DPoP {}", tokens.access)), "device_proof_required"),
    ] {
        let expected = json!({"isAuthorized": true, "context": {"error": code}});
        assert_eq!(ask(&mut function, event).await, expected);
    }
}

#[tokio::test]
async fn only_the_strict_authorizer_refuses_an_ended_session() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let [mut offline, mut strict] = both(&deployment).await;
    assert_eq!(ask(&mut strict, bearer(&tokens.access)).await, authorized("alice", &tokens, ""));
    deployment.world.set_pending_end("alice", &tokens.session, "signed_out").await;
    assert_eq!(ask(&mut strict, bearer(&tokens.access)).await, refused(), "a pending end is refused");
    let device = deployment.device(&Event::from_file("authorizer-bearer"));
    let other = sign_in(&deployment, "alice").await;
    device.revoke(&other.access, json!({"strategy": "current"})).await.assert_status(200);
    assert!(deployment.generation("alice", &other.session).await.is_none());
    assert_eq!(ask(&mut strict, bearer(&other.access)).await, refused(), "an ended session is refused");
    assert_eq!(ask(&mut offline, bearer(&other.access)).await, authorized("alice", &other, ""));
    let lines = strict.logs().join("\n");
    assert_eq!(lines.matches("\"code\":\"session_ended\"").count(), 2, "{lines}");
}

#[tokio::test]
async fn an_authorizer_with_the_feed_refuses_an_ended_session_without_a_table() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
    let issuer = format!("http://{}/api/auth", listener.local_addr().expect("it is bound"));
    let deployment = Deployment::of(&issuer).await;
    let router = deployment.world.server.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (lost, kept) = (sign_in(&deployment, "alice").await, sign_in(&deployment, "alice").await);
    let device = deployment.world.device();
    device.revoke(&kept.access, json!({"strategy": "others"})).await.assert_status(200);
    for when_stale in ["accept", "refuse"] {
        let mut settings = offline(&deployment);
        settings.insert("AUTHORIZER_MODE".to_owned(), "feed".to_owned());
        settings.insert("AUTHORIZER_WHEN_STALE".to_owned(), when_stale.to_owned());
        let mut function = start(settings).await.expect("it starts");
        assert_eq!(ask(&mut function, bearer(&kept.access)).await, authorized("alice", &kept, ""));
        assert_eq!(ask(&mut function, bearer(&lost.access)).await, refused());
        let lines = function.logs().join("\n");
        assert!(lines.contains("session_ended"), "{lines}");
    }
}

#[tokio::test]
async fn an_authorizer_that_cannot_read_the_feed_does_what_its_setting_says() {
    // The host of the issuer has no server.
    let deployment = Deployment::of("http://127.0.0.1:9/api/auth").await;
    let tokens = sign_in(&deployment, "alice").await;
    let of = |when_stale: &str, settings: BTreeMap<String, String>| {
        let own = [("AUTHORIZER_MODE", "feed"), ("AUTHORIZER_WHEN_STALE", when_stale)];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        start(settings.into_iter().chain(own).collect())
    };
    let mut accepts = of("accept", offline(&deployment)).await.expect("it starts");
    assert_eq!(ask(&mut accepts, bearer(&tokens.access)).await, authorized("alice", &tokens, ""));
    let mut asks = of("ask", strict(&deployment)).await.expect("it starts");
    assert_eq!(ask(&mut asks, bearer(&tokens.access)).await, authorized("alice", &tokens, ""));
    let revoked = deployment.world.device().revoke(&tokens.access, json!({"strategy": "current"})).await;
    revoked.assert_status(200);
    assert_eq!(ask(&mut asks, bearer(&tokens.access)).await, refused());
    let mut refuses = of("refuse", offline(&deployment)).await.expect("it starts");
    let error = refuses.invoke(bearer(&tokens.access).build()).await.expect_err("it cannot decide");
    assert_reported(&error, "store_unavailable");
}

#[tokio::test]
async fn the_strict_authorizer_grants_only_scopes_of_both_token_and_row() {
    let deployment = Deployment::new().await;
    let claims = json!({"scope": "latchkey:admin", "auth_time": SystemClock.now().seconds()});
    let assertion = deployment.world.assertion_with("root", claims);
    let login = deployment.device(&Event::from_file("authorizer-bearer")).login(&assertion).await;
    let tokens = Tokens::of(login.assert_status(201));
    let [mut offline, mut strict] = both(&deployment).await;
    for function in [&mut offline, &mut strict] {
        assert_eq!(
            ask(function, bearer(&tokens.access)).await,
            authorized("root", &tokens, "latchkey:admin")
        );
    }
    deployment.world.take_scope("root", &tokens.session).await;
    assert_eq!(ask(&mut strict, bearer(&tokens.access)).await, authorized("root", &tokens, ""));
    assert_eq!(
        ask(&mut offline, bearer(&tokens.access)).await,
        authorized("root", &tokens, "latchkey:admin")
    );
}

#[tokio::test]
async fn a_store_outage_is_an_error_of_the_authorizer() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    // Bound and dropped, so that no server listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let mut settings = strict(&deployment);
    let endpoint = format!("http://{}", closed.expect("loopback has a free port"));
    settings.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint);
    let mut function = start(settings).await.expect("it starts");
    for _ in 0..2 {
        let error =
            function.invoke(bearer(&tokens.access).build()).await.expect_err("the session cannot be checked");
        assert_reported(&error, "store_unavailable");
    }
    assert_eq!(
        ask(&mut function, bearer("x.y.z")).await,
        refused(),
        "a malformed token is refused without the store"
    );
    let lines = function.logs().join("\n");
    assert!(lines.contains("\"level\":\"ERROR\"") && !lines.contains("eyJ"), "{lines}");
    let mut reachable = start(strict(&deployment)).await.expect("it starts");
    assert_eq!(ask(&mut reachable, bearer(&tokens.access)).await, authorized("alice", &tokens, ""));
    let mut row = deployment.world.raw_row("alice", &tokens.session).await.expect("it is there");
    row.remove("x");
    deployment.world.put_row(row).await;
    let error = reachable.invoke(bearer(&tokens.access).build()).await.expect_err("it cannot read the row");
    assert_reported(&error, "internal");
}

#[tokio::test]
async fn a_malformed_event_is_a_named_error_and_does_not_stop_a_function() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let mut function = start(offline(&deployment)).await.expect("it starts");
    let mut without_method = bearer(&tokens.access).build();
    without_method["requestContext"]["http"] = json!({});
    let mut format_1 = bearer(&tokens.access).build();
    format_1["version"] = json!("1.0");
    let of_a_route = filled(&Event::from_file("sessions-list"), &tokens).build();
    let mut odd_headers = bearer(&tokens.access).build();
    odd_headers["headers"]["authorization"] = json!([tokens.access]);
    for event in
        [json!({}), json!(null), json!([1]), json!("ping"), without_method, format_1, of_a_route, odd_headers]
    {
        let error = function.invoke(event.clone()).await.expect_err("it is no event of an authorizer");
        assert_reported(&error, "malformed_event");
    }
    assert_eq!(ask(&mut function, bearer(&tokens.access)).await, authorized("alice", &tokens, ""));
    assert!(!function.logs().join("\n").contains("eyJ"));
}

fn assert_reported(error: &FunctionError, name: &str) {
    let Failure::Reported(diagnostic) = &error.failure else { panic!("{error}") };
    assert_eq!(diagnostic.error_type, name, "{error}");
    assert!(!diagnostic.error_message.is_empty() && !diagnostic.error_message.contains("eyJ"), "{error}");
}

#[tokio::test]
async fn an_authorizer_with_an_invalid_setting_names_it_and_exits() {
    let deployment = Deployment::new().await;
    let only_oct = json!({"keys": [{"kty": "oct", "kid": "rt", "k": "A".repeat(43)}]}).to_string();
    let cases = [
        (false, "LATCHKEY_KEYS", ""),
        (false, "LATCHKEY_KEYS", only_oct.as_str()),
        (false, "LATCHKEY_ISSUER", ""),
        (false, "LATCHKEY_AUDIENCE", ""),
        (false, "LATCHKEY_ALLOWED_ORIGINS", "*"),
        (false, "COOKIE_SECURE", "yes"),
        (false, "AUTHORIZER_MODE", "lenient"),
        (false, "AUTHORIZER_ON_INVALID", "allow"),
        (true, "TABLE_SESSIONS", "no table"),
        (true, "AWS_REGION", ""),
        (true, "AWS_ACCESS_KEY_ID", ""),
    ];
    for (is_strict, name, value) in cases {
        let mut settings = if is_strict { strict(&deployment) } else { offline(&deployment) };
        settings.insert(name.to_owned(), value.to_owned());
        let error = start(settings).await.map(|_| ()).expect_err(name);
        assert_exit(&error, name);
        let [line] = error.logs.as_slice() else { panic!("{name}: {:?}", error.logs) };
        let line: Value = serde_json::from_str(line).expect("a line is JSON");
        assert!(line["error"].as_str().is_some_and(|text| text.starts_with(&format!("{name}: "))), "{line}");
    }
}

#[tokio::test]
async fn an_authorizer_with_private_keys_warns_without_logging_the_keys() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let mut settings = offline(&deployment);
    settings.insert("LATCHKEY_KEYS".to_owned(), deployment.settings("login")["LATCHKEY_KEYS"].clone());
    let mut function = start(settings).await.expect("it starts");
    assert_eq!(ask(&mut function, bearer(&tokens.access)).await, authorized("alice", &tokens, ""));
    let lines = function.logs().join("\n");
    assert!(lines.contains("\"level\":\"WARN\"") && lines.contains("LATCHKEY_KEYS"), "{lines}");
    assert!(!deployment.secrets().iter().any(|secret| lines.contains(secret)), "{lines}");
}

#[tokio::test]
async fn the_authorizer_reads_the_cookie_of_the_domain() {
    let deployment = Deployment::new().await;
    let tokens = sign_in(&deployment, "alice").await;
    let mut settings = offline(&deployment);
    let host = settings["LATCHKEY_ISSUER"].strip_prefix("https://").and_then(|url| url.split('/').next());
    let (_, domain) = host.and_then(|host| host.split_once('.')).expect("a host below a domain");
    settings.insert("COOKIE_DOMAIN".to_owned(), domain.to_owned());
    let mut function = start(settings).await.expect("it starts");
    let with = |name: &str, token: &str| Event::from_file("authorizer-no-token").cookie(name, token);
    let own = with("__Secure-latchkey_access", &tokens.access);
    assert_eq!(ask(&mut function, own.clone()).await, authorized("alice", &tokens, ""));
    let old = with("__Host-latchkey_access", &tokens.access);
    assert_eq!(ask(&mut function, old).await, refused());
    let beside = own.clone().cookie("__Host-latchkey_access", "old");
    assert_eq!(ask(&mut function, beside).await, authorized("alice", &tokens, ""));
    let twice = own.cookie("__Secure-latchkey_access", "tossed");
    assert_eq!(ask(&mut function, twice).await, refused());
}
