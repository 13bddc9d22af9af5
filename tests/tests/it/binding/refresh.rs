//! A refresh of a bound session needs a proof by its key.

use latchkey_tests::world::{DeviceKey, FIREFOX, Jar, Reply, World};
use serde_json::json;

use super::Bound;

/// The refusal of a proof: the row and the cookies stay.
async fn assert_refused(bound: &Bound, reply: &Reply, code: &str, before: &str) {
    reply.assert_problem(400, code).assert_no_cookie();
    assert_eq!(bound.row().await, before, "{}", reply.body);
}

#[tokio::test]
async fn the_browser_with_the_key_refreshes() {
    let bound = Bound::new().await;
    let reply = bound.signing().refresh_with_cookies(&bound.jar.line()).await;
    let next = Jar::of(reply.assert_status(200));
    assert_eq!(reply.body["binding"], "dpop");
    assert!(!reply.header("dpop-nonce").is_empty());
    bound.signing().refresh_with_cookies(&next.line()).await.assert_status(200);
}

#[tokio::test]
async fn a_refresh_without_the_key_changes_nothing() {
    let bound = Bound::new().await;
    let (before, line, now) = (bound.row().await, bound.jar.line(), bound.world.now());
    let reply = bound.browser.refresh_with_cookies(&line).await;
    assert_refused(&bound, &reply, "device_proof_required", &before).await;
    let other = bound.browser.clone().with_key(&DeviceKey::generate());
    let reply = other.refresh_with_cookies(&line).await;
    assert_refused(&bound, &reply, "device_proof_required", &before).await;
    for (method, path) in [("GET", "/api/auth/refresh"), ("POST", "/api/auth/login")] {
        let proof = bound.key.proof(method, path, now);
        let reply = bound.browser.clone().proof(&proof).refresh_with_cookies(&line).await;
        assert_refused(&bound, &reply, "invalid_dpop_proof", &before).await;
    }
    let early = DeviceKey::claims("POST", "/api/auth/refresh", now + std::time::Duration::from_secs(61));
    let reply = bound.browser.clone().proof(&bound.key.sign(&early)).refresh_with_cookies(&line).await;
    assert_refused(&bound, &reply, "use_dpop_nonce", &before).await;
    bound.signing().refresh_with_cookies(&line).await.assert_status(200);
}

#[tokio::test]
async fn a_proof_is_accepted_once() {
    let bound = Bound::new().await;
    let proof = bound.key.proof("POST", "/api/auth/refresh", bound.world.now());
    let browser = bound.browser.clone().proof(&proof);
    let next = Jar::of(browser.refresh_with_cookies(&bound.jar.line()).await.assert_status(200));
    let before = bound.row().await;
    let reply = browser.refresh_with_cookies(&next.line()).await;
    assert_refused(&bound, &reply, "invalid_dpop_proof", &before).await;
    assert_eq!(bound.world.count_events("alice", "binding_failed").await, 0, "browsers repeat requests");
}

#[tokio::test]
async fn any_older_token_is_answered_to_the_holder_of_the_key() {
    let bound = Bound::new().await;
    let mut jars = vec![bound.jar.clone()];
    for _ in 0..4 {
        bound.world.advance(4_000);
        let reply = bound.signing().refresh_with_cookies(&jars.last().unwrap().line()).await;
        jars.push(Jar::of(reply.assert_status(200)));
    }
    bound.world.advance(90_000);
    let elsewhere = bound.signing().elsewhere().agent(FIREFOX);
    for older in &jars[..4] {
        bound.world.advance(1);
        let reply = elsewhere.refresh_with_cookies(&older.line()).await;
        assert_eq!(Jar::of(reply.assert_status(200)).refresh, jars[4].refresh);
    }
    assert_eq!(
        bound.world.count_events("alice", "token_replayed").await,
        4,
        "a copy of the profile is visible"
    );
    assert_eq!(bound.world.row("alice", &bound.jar.session).await.unwrap().generation, 4);
}

#[tokio::test]
async fn a_proof_for_an_unbound_session_is_ignored() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let thief = device.clone().with_key(&DeviceKey::generate());
    let reply = thief.refresh_with_cookies(&jar.line()).await;
    assert_eq!(reply.assert_status(200).body["binding"], "none");
    assert!(!world.raw_row("alice", &jar.session).await.unwrap().contains_key("jk"));
    // Not even a proof that no key has signed.
    let next = Jar::of(&reply);
    device.proof("made.up.proof").refresh_with_cookies(&next.line()).await.assert_status(200);
}

#[tokio::test]
async fn a_sealed_token_without_its_key_is_forged() {
    use latchkey::token::{keys::KeySet, refresh::open};

    let keys = latchkey::token::keys::generate_key_set();
    let bound = Bound::with(&[("LATCHKEY_KEYS", &keys)]).await;
    let key = KeySet::parse(&keys).unwrap().refresh()[0].clone();
    let mut token = open(&bound.jar.refresh, std::slice::from_ref(&key)).unwrap();
    token.bound_key = None;
    let before = bound.row().await;
    let stripped = format!("latchkey_refresh={}", key.seal(&token).expose());
    let reply = bound.browser.refresh_with_cookies(&stripped).await;
    reply.assert_problem(401, "invalid_token").assert_no_cookie();
    assert_eq!(bound.row().await, before);
    assert_eq!(bound.world.count_events("alice", "token_forged").await, 1);
}

#[tokio::test]
async fn an_oauth_client_gets_the_error_of_the_rfc() {
    let bound = Bound::new().await;
    let form = format!("grant_type=refresh_token&refresh_token={}", bound.jar.refresh);
    let send = |device: latchkey_tests::world::Device, form: String| async move {
        let media = Some("application/x-www-form-urlencoded");
        device.send("POST", "/api/auth/refresh", media, form).await
    };
    let reply = send(bound.browser.clone(), form.clone()).await;
    assert_eq!((reply.status.as_u16(), &reply.body["error"]), (400, &json!("invalid_dpop_proof")));
    let reply = send(bound.signing(), form).await;
    assert_eq!((reply.status.as_u16(), &reply.body["error"]), (400, &json!("use_dpop_nonce")));
    assert!(!reply.header("dpop-nonce").is_empty());
}
