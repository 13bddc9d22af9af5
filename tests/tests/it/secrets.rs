//! Secrets appear in no log line at any level, in no error, in no header other than `Set-Cookie`, and in no table.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64URL};
use latchkey::token::keys::generate_key_set;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{FIREFOX, Jar, Logs, Reply, Tokens, World, flipped, payload};
use serde_json::{Value, json};

/// The secrets that were issued or sent, and the responses.
#[derive(Default)]
struct Day {
    secrets: BTreeSet<String>,
    /// Links of sign-in reviews. Their own pages contain them.
    links: BTreeSet<String>,
    replies: Vec<Reply>,
}

impl Day {
    /// Adds a token and each part of it that is a secret.
    fn keep_secret(&mut self, token: &str) {
        self.secrets.insert(token.to_owned());
        self.secrets.insert(token.rsplit_once('.').expect("a token").1.to_owned());
        if let Some(nonce) = payload(token)["nonce"].as_str() {
            self.keep_encodings(&BASE64URL.decode(nonce).expect("base64url"));
        }
    }

    /// Adds bytes in every encoding that a log line could have.
    fn keep_encodings(&mut self, bytes: &[u8]) {
        let decimal: Vec<String> = bytes.iter().map(ToString::to_string).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let spellings = [BASE64URL.encode(bytes), STANDARD.encode(bytes), hex, decimal.join(", ")];
        self.secrets.extend(spellings);
    }

    fn record(&mut self, reply: Reply) -> Reply {
        for member in ["access_token", "refresh_token"] {
            reply.body[member].as_str().into_iter().for_each(|token| self.keep_secret(token));
        }
        for name in ["latchkey_access", "latchkey_refresh"] {
            reply
                .cookie(name)
                .filter(|token| !token.is_empty())
                .iter()
                .for_each(|token| self.keep_secret(token));
        }
        self.replies.push(reply.clone());
        reply
    }
}

/// A day with every kind of request: successful, refused and failed ones, and a theft.
async fn whole_day(world: &World) -> Day {
    let (mut day, device) = (Day::default(), world.device());
    let assertions: Vec<String> = (0..6).map(|_| world.assertion("alice")).collect();
    for assertion in &assertions {
        day.keep_secret(assertion);
    }
    let jar = Jar::of(&day.record(device.login_in_browser(&assertions[0]).await));
    let tokens = Tokens::of(&day.record(device.login(&assertions[1]).await));
    for text in [&assertions[0], &flipped(&assertions[2]), &tokens.access, "made-up"] {
        day.record(device.clone().agent(FIREFOX).login(text).await);
    }
    let next = Jar::of(&day.record(device.refresh_with_cookies(&jar.line()).await));
    let newest = Tokens::of(&day.record(device.refresh(&tokens.refresh).await));
    for token in [&flipped(&newest.refresh), &newest.access, &format!("{}x", newest.refresh)] {
        day.record(device.refresh(token).await);
        day.record(device.list(token).await);
        day.record(
            device.post("/api/auth/revoke", json!({"strategy": "current", "refresh_token": token})).await,
        );
    }
    for body in [json!({"refresh_token": [newest.refresh]}), json!({"refresh_token": {&newest.refresh: 1}})] {
        day.record(device.post("/api/auth/refresh", body).await);
    }
    day.record(
        device.post("/api/auth/login", json!({"assertion": assertions[3], "delivery": assertions[3]})).await,
    );
    day.record(device.post("/api/auth/revoke", json!({"strategy": newest.refresh})).await);
    day.record(device.get(&format!("/api/auth/sessions/{}", newest.refresh)).await);
    day.record(
        device.clone().bearer(&newest.access).get(&format!("/api/auth/sessions/{}", newest.refresh)).await,
    );
    day.record(device.get(&format!("/api/auth/refresh?refresh_token={}", newest.refresh)).await);
    let form = format!("grant_type=refresh_token&refresh_token={}&refresh_token=x", newest.refresh);
    day.record(
        device.send("POST", "/api/auth/refresh", Some("application/x-www-form-urlencoded"), form).await,
    );
    day.record(device.list(&next.access).await);
    day.record(device.status(&next.line()).await);
    day.record(device.refresh_with_cookies(&format!("{}; {}", next.line(), next.refresh_line())).await);
    for (operation, kind) in [
        ("UpdateItem", FaultKind::Throttle),
        ("UpdateItem", FaultKind::TimeoutAfterCommit),
        ("TransactWriteItems", FaultKind::Error500),
        ("Query", FaultKind::TimeoutBefore),
    ] {
        world.server.faults.queue(Some(operation), kind, 3);
        day.record(device.refresh(&newest.refresh).await);
        day.record(device.login(&assertions[4]).await);
        world.server.faults.clear(None);
    }
    let key = &world.server.app.config().keys.refresh()[0];
    let mut forged =
        latchkey::token::refresh::open(&newest.refresh, std::slice::from_ref(key)).expect("ours");
    forged.nonce = key.nonce("another");
    let forged = key.seal(&forged);
    day.keep_secret(forged.expose());
    day.record(device.refresh(forged.expose()).await);
    world.advance(61);
    let thief = device.clone().elsewhere();
    day.record(thief.refresh(&tokens.refresh).await.assert_ended("security").clone());
    // The link of a sign-in review, in the query and in the form.
    let link = world.review_token_without_event("alice", &next.session);
    day.links.insert(link.clone());
    day.record(device.open_review(&link).await);
    day.record(device.open_review(&link[1..]).await);
    for answer in ["was_me", "was_not_me", "x"] {
        day.record(device.answer_review(&link, answer).await);
    }
    day.record(device.revoke_with_cookies(&next.line(), json!({"strategy": "all"})).await);
    day.record(device.refresh_with_cookies(&next.line()).await);
    day
}

async fn a_world_with_known_keys(secrets: &mut BTreeSet<String>) -> World {
    let keys = generate_key_set();
    let set: Value = serde_json::from_str(&keys).expect("JSON");
    for private in [&set["keys"][0]["d"], &set["keys"][1]["k"], &set["keys"][2]["k"]] {
        secrets.insert(private.as_str().expect("a private member").to_owned());
    }
    World::with(&[("LATCHKEY_KEYS", &keys), ("SESSION_DEBUG", "true")]).await
}

#[tokio::test]
async fn no_secret_reaches_a_log_line_at_any_level() {
    let mut keys = BTreeSet::new();
    let logs = Logs::listen();
    let world = a_world_with_known_keys(&mut keys).await;
    let day = whole_day(&world).await;
    let text = logs.text();
    assert!(
        day.secrets.len() > 40 && text.lines().count() > 100,
        "the day has too few requests to show anything"
    );
    for secret in day.secrets.iter().chain(&day.links).chain(&keys) {
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} is in {line:?}");
    }
    for word in ["latchkey_access=", "latchkey_refresh=", "Bearer eyJ"] {
        assert!(!text.contains(word), "{word} is in the log");
    }
}

#[tokio::test]
async fn every_request_is_one_complete_log_line() {
    let logs = Logs::listen();
    let world = World::new().await;
    let day = whole_day(&world).await;
    let lines = logs.ours();
    let requests: Vec<&Value> = lines.iter().filter(|line| line.get("status").is_some()).collect();
    assert_eq!(requests.len(), day.replies.len());
    for (line, reply) in requests.iter().zip(&day.replies) {
        assert_eq!(line["status"], reply.status.as_u16(), "{line}");
        assert_eq!(line["request_id"], reply.header("x-request-id"), "{line}");
        let level = match reply.status.as_u16() {
            500.. => "ERROR",
            _ => "INFO",
        };
        assert_eq!(line["level"], level, "a refused token is logged as INFO: {line}");
        for member in ["timestamp", "message", "method", "route", "duration_ms"] {
            assert!(!line[member].is_null(), "{member} is missing: {line}");
        }
        // A page for a user shows no code.
        if reply.status.as_u16() >= 400 && !reply.body.is_string() {
            assert_eq!(line["code"], reply.body["code"], "{line}");
        }
        let route = line["route"].as_str().unwrap();
        assert!(
            route == "none" || route.starts_with("/api/auth/"),
            "the route must be a pattern, not the path of the request: {line}"
        );
    }
}

#[tokio::test]
async fn request_data_adds_no_log_line_and_no_log_field() {
    let logs = Logs::listen();
    let world = World::new().await;
    let agent = "x\u{2028}\"}{\"level\":\"ERROR\"}";
    let device = world.device().agent(agent);
    device
        .get("/api/auth/sessions/%0A%7B%22level%22%3A%22ERROR%22%7D")
        .await
        .assert_problem(401, "token_missing");
    device.get("/nowhere?x=%0A\"}{\"level\":\"ERROR\"}".replace('"', "%22").as_str()).await;
    device.login_in_browser(&world.assertion_with("bob\u{2028}\"}{", json!({}))).await.assert_status(201);
    device.send("PROPFIND", "/api/auth/login", None, "").await.assert_problem(405, "method_not_allowed");
    let lines = logs.ours();
    assert!(lines.iter().all(|line| line["level"] == "INFO" || line["level"] == "DEBUG"), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.get("status").is_some()).count(), 4);
}

#[tokio::test]
async fn no_secret_is_in_an_error_or_a_header_other_than_set_cookie() {
    let mut keys = BTreeSet::new();
    let world = a_world_with_known_keys(&mut keys).await;
    let day = whole_day(&world).await;
    for reply in &day.replies {
        let mut body = reply.body.clone();
        if reply.status.is_success() {
            // The two members that carry tokens on purpose.
            for member in ["access_token", "refresh_token"] {
                body.as_object_mut().into_iter().for_each(|body| drop(body.remove(member)));
            }
        }
        let mut text = body.to_string();
        for (name, value) in reply.headers.iter().filter(|(name, _)| *name != "set-cookie") {
            text.push_str(&format!("\n{name}: {}", value.to_str().unwrap_or_default()));
        }
        for secret in day.secrets.iter().chain(&keys) {
            assert!(!text.contains(secret.as_str()), "{secret} in {} {text}", reply.status);
        }
    }
}

#[tokio::test]
async fn the_tables_hold_nothing_that_opens_a_session() {
    let mut keys = BTreeSet::new();
    let world = a_world_with_known_keys(&mut keys).await;
    let mut day = Day::default();
    let device = world.device();
    let assertion = world.assertion("alice");
    day.keep_secret(&assertion);
    let tokens = Tokens::of(&day.record(device.login(&assertion).await));
    day.record(device.refresh(&tokens.refresh).await);
    let (row, everything) =
        (world.raw_row("alice", &tokens.session).await.unwrap(), world.everything().await);
    let nonce = payload(&tokens.refresh)["nonce"].as_str().unwrap().to_owned();
    let nonce = BASE64URL.decode(nonce).unwrap();
    assert_eq!(nonce.len(), 16, "128 bits");
    assert_ne!(row["n"].as_b().unwrap().as_ref()[..16], nonce[..], "the row has the hash, not the nonce");
    for secret in day.secrets.iter().chain(&keys) {
        assert!(!everything.contains(secret.as_str()), "{secret} is stored");
    }
}
