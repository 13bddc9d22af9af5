//! The header `Idempotency-Key` and the member `previous_keys`: what is accepted, and what a wrong value changes.

use http::HeaderValue;
use latchkey_tests::world::{Device, Jar, Reply, Tokens, World};
use serde_json::{Value, json};

const KEY: &str = "q2Jh0X9wTnqgO1ZrYkP5dA";
const FORM: &str = "application/x-www-form-urlencoded";

/// Values that are no key.
fn wrong_keys() -> Vec<HeaderValue> {
    let long = "a".repeat(65);
    let texts = [
        "",
        "a",
        "123456789012345",
        &long,
        "key with a blank 12",
        "key+with/base64==1",
        "key.with.points.123",
        "\"unfinished-quote-1",
        "'single-quotes-1234'",
        "\"quote-in-\\\"-quotes\"",
        "one-key-1234567890, another-key-123456",
        "one-key-1234567890;q=1",
    ];
    let mut values: Vec<HeaderValue> =
        texts.iter().map(|text| HeaderValue::from_str(text).expect("a header value")).collect();
    values.push(HeaderValue::from_bytes("schlüssel-schlüssel".as_bytes()).expect("a header value"));
    values
}

fn assert_names_the_header(reply: &Reply, value: &HeaderValue) {
    reply.assert_field("Idempotency-Key").assert_no_cookie();
    let detail = reply.text("detail");
    let text = value.to_str().unwrap_or("schl");
    assert!(text.is_empty() || text == "a" || !detail.contains(text), "{detail} repeats the secret");
}

#[tokio::test]
async fn a_key_is_accepted_plain_and_quoted_and_both_are_the_same() {
    let world = World::new().await;
    let device = world.device();
    for key in [KEY, &"a".repeat(16), &"_-".repeat(32)] {
        let first = device.sign_in("alice").await;
        let next = Tokens::of(device.clone().key(key).refresh(&first.refresh).await.assert_status(200));
        world.advance(301);
        let stranger = world.device().no_agent().elsewhere().key(&format!("\"{key}\""));
        let again = Tokens::of(stranger.refresh(&first.refresh).await.assert_status(200));
        assert_eq!(again.refresh, next.refresh, "the quotes are not part of the key");
    }
}

#[tokio::test]
async fn a_wrong_key_is_400_that_names_the_header_and_changes_nothing() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let before = world.everything().await;
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    for value in wrong_keys() {
        let client = device.clone().raw_header("idempotency-key", value.clone());
        assert_names_the_header(&client.refresh(&tokens.refresh).await, &value);
        assert_names_the_header(&client.login(&world.assertion("alice")).await, &value);
        let reply = client.send("POST", "/api/auth/refresh", Some(FORM), form.clone()).await;
        assert_eq!((reply.status.as_u16(), &reply.body["error"]), (400, &json!("invalid_request")));
    }
    world.assert_unchanged(&before, "a refused key must change nothing").await;
    device.refresh(&tokens.refresh).await.assert_status(200);
}

#[tokio::test]
async fn a_key_that_is_sent_twice_is_refused_even_if_both_are_equal() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for second in [KEY, "another-key-1234567890"] {
        let client = device.clone().key(KEY).key(second);
        client.refresh(&tokens.refresh).await.assert_field("Idempotency-Key");
        client.login(&world.assertion("alice")).await.assert_field("Idempotency-Key");
    }
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 0);
}

#[tokio::test]
async fn other_endpoints_ignore_the_header() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for value in [HeaderValue::from_static(KEY), HeaderValue::from_static("x")] {
        let client = device.clone().raw_header("idempotency-key", value);
        let signed_in = client.clone().bearer(&tokens.access);
        for path in ["/api/auth/refresh", "/api/auth/sessions", "/api/auth/sessions/events"] {
            signed_in.get(path).await.assert_status(200);
        }
        client.get("/api/auth/.well-known/jwks.json").await.assert_status(200);
        let other = device.sign_in("alice").await;
        client.revoke(&other.access, json!({"strategy": "current"})).await.assert_status(200);
    }
}

async fn refresh_with(device: &Device, token: &str, previous: Value) -> Reply {
    device.post("/api/auth/refresh", json!({"refresh_token": token, "previous_keys": previous})).await
}

#[tokio::test]
async fn previous_keys_are_a_list_of_at_most_two_keys() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for wrong in [json!([KEY, KEY, KEY]), json!(["short"]), json!([KEY, ""]), json!(["a".repeat(65)])] {
        let reply = refresh_with(&device, &tokens.refresh, wrong).await;
        reply.assert_field("previous_keys");
    }
    for wrong in [json!(KEY), json!({}), json!([1]), json!([null])] {
        let reply = refresh_with(&device, &tokens.refresh, wrong).await;
        assert!(reply.assert_status(400).text("field").starts_with("previous_keys"), "{}", reply.body);
    }
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 0);
    let mut newest = tokens.refresh;
    for fine in [json!(null), json!([]), json!([KEY]), json!([KEY, KEY])] {
        newest = Tokens::of(refresh_with(&device, &newest, fine).await.assert_status(200)).refresh;
    }
    let cookies = format!("latchkey_refresh={newest}");
    let page = device.cookies(&cookies);
    page.post("/api/auth/refresh", json!({"previous_keys": [KEY]})).await.assert_status(200);
}

#[tokio::test]
async fn a_form_has_its_previous_keys_separated_by_spaces() {
    let world = World::new().await;
    let device = world.device().key(KEY);
    let first = device.sign_in("alice").await;
    let form = async |token: &str, keys: &str| {
        let form = format!("grant_type=refresh_token&refresh_token={token}&previous_keys={keys}");
        world.device().elsewhere().no_agent().send("POST", "/api/auth/refresh", Some(FORM), form).await
    };
    for wrong in ["short", "a+b+c", "q2Jh0X9wTnqgO1ZrYkP5dA+short", &format!("{KEY}+{KEY}+{KEY}")] {
        let reply = form(&first.refresh, wrong).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body["error"]),
            (400, &json!("invalid_request")),
            "{wrong}"
        );
    }
    let twice = format!("{KEY}&previous_keys={KEY}");
    assert_eq!(form(&first.refresh, &twice).await.status, 400);
    let second = world.device().key("key-of-the-refresh-1").refresh(&first.refresh).await;
    let superseded = form(&first.refresh, KEY).await;
    assert_eq!(superseded.status, 409);
    assert_eq!(superseded.body["error"], "temporarily_unavailable");
    assert_eq!(superseded.body["code"], "refresh_superseded");
    assert_eq!(superseded.header("content-type"), "application/json");
    let replay = form(&first.refresh, &format!("{KEY}%20key-of-the-refresh-1")).await;
    assert_eq!(replay.assert_status(200).text("refresh_token"), second.text("refresh_token"));
}

#[tokio::test]
async fn a_response_states_whether_the_key_of_the_request_was_used() {
    let world = World::new().await;
    let device = world.device();
    let key = |key: &str| device.clone().key(key);
    let (second, third) = ("key-of-the-refresh-2", "key-of-the-refresh-3");
    let login = key(KEY).login(&world.assertion("alice")).await;
    assert_eq!(login.assert_status(201).body.get("key_used"), None, "a sign-in has no such member");
    let first = Tokens::of(&login);
    let key_used = |reply: &Reply| reply.assert_status(200).body.get("key_used").map(Value::as_bool);
    let rotated = key(second).refresh(&first.refresh).await;
    assert_eq!(key_used(&rotated), Some(Some(true)));
    assert_eq!(key_used(&key(second).refresh(&first.refresh).await), Some(Some(true)), "a repetition");
    let by_key = refresh_with(&key(third), &first.refresh, json!([second])).await;
    assert_eq!(key_used(&by_key), Some(Some(false)), "a previous key is the evidence");
    let by_device = key(third).refresh(&first.refresh).await;
    assert_eq!(key_used(&by_device), Some(Some(false)), "the device is the evidence");
    let form = async |client: &Device, token: &str| {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        client.send("POST", "/api/auth/refresh", Some(FORM), form).await
    };
    assert_eq!(key_used(&form(&key(third), &first.refresh).await), Some(Some(false)), "a form");
    let newest = Tokens::of(&rotated).refresh;
    let form_rotated = form(&key(third), &newest).await;
    assert_eq!(key_used(&form_rotated), Some(Some(true)), "a form rotates");
    let newest = form_rotated.text("refresh_token");
    assert_eq!(key_used(&form(&device, &newest).await), None, "a request without a key");
    let jar = Jar::of(&device.login_in_browser(&world.assertion("bob")).await);
    let page = key(third).cookies(&jar.line());
    assert_eq!(key_used(&page.post("/api/auth/refresh", json!({})).await), Some(Some(true)), "cookies");
}

#[tokio::test]
async fn the_tables_hold_no_key() {
    let world = World::new().await;
    let jar = Jar::of(&world.device().key(KEY).login_in_browser(&world.assertion("alice")).await);
    let page = world.device().key("key-of-the-refresh-1").cookies(&jar.line());
    let body = json!({"previous_keys": ["a-key-before-this-one"]});
    page.post("/api/auth/refresh", body).await.assert_status(200);
    let everything = format!("{:?}", world.everything().await);
    for key in [KEY, "key-of-the-refresh-1", "a-key-before-this-one"] {
        assert!(!everything.contains(key), "{everything}");
        let bytes = key.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
        assert!(!everything.contains(&bytes), "{everything}");
    }
    let row = world.row("alice", &jar.session).await.unwrap();
    assert_eq!(row.made_by.iter().flatten().count(), 2);
}
