//! Security events end sessions: those that the settings list, for subjects that are ours.

use latchkey_tests::world::{Logs, PROVIDER, PROVIDER_AUDIENCE, Provider, Reply, Tokens, World, flipped};
use serde_json::{Value, json};

use super::Scene;

const PATH: &str = "/api/auth/ssf/events";
pub(super) const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type";
pub(super) const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type";
pub(super) const ALL: [&str; 5] =
    ["session-revoked", "credential-change", "account-disabled", "account-purged", "sessions-revoked"];

impl Scene {
    pub(super) async fn receiving(types: &[&str]) -> Self {
        Self::with(json!({"events": {"types": types}})).await
    }

    /// A security event token with these claims beside the usual ones.
    pub(super) fn event_token(&self, claims: Value) -> String {
        let mut all = json!({
            "iss": PROVIDER, "aud": PROVIDER_AUDIENCE, "iat": self.world.now().seconds(), "jti": "756E69717565",
        });
        let members = all.as_object_mut().expect("an object");
        members.extend(claims.as_object().expect("claims are an object").clone());
        members.retain(|_, value| !value.is_null());
        self.provider.sign(&json!({"alg": "ES256", "kid": "p1", "typ": "secevent+jwt"}), &all.to_string())
    }

    /// Sends an event about a subject.
    pub(super) async fn report(&self, uri: &str, event: Value, subject: Value) -> Reply {
        push(&self.world, &self.event_token(json!({"sub_id": subject, "events": {uri: event}}))).await
    }
}

/// Pushes a token as RFC 8935 describes it.
pub(super) async fn push(world: &World, token: &str) -> Reply {
    world.device().send("POST", PATH, Some("application/secevent+jwt"), token.to_owned()).await
}

pub(super) fn user(sub: &str) -> Value {
    json!({"format": "iss_sub", "iss": PROVIDER, "sub": sub})
}

#[track_caller]
pub(super) fn assert_refused(reply: &Reply, err: &str) {
    assert_eq!((reply.status.as_u16(), reply.text("err").as_str()), (400, err), "{}", reply.body);
    assert!(!reply.text("description").is_empty());
    assert_eq!(reply.header("content-language"), "en");
}

#[tokio::test]
async fn each_event_that_the_settings_list_ends_the_sessions_of_its_user() {
    let scene = Scene::receiving(&ALL).await;
    for (uri, event) in [
        (format!("{CAEP}/session-revoked"), json!({})),
        (
            format!("{CAEP}/credential-change"),
            json!({"change_type": "update", "credential_type": "password"}),
        ),
        (
            format!("{CAEP}/credential-change"),
            json!({"change_type": "revoke", "credential_type": "fido2-roaming"}),
        ),
        (format!("{CAEP}/credential-change"), json!({"change_type": "delete", "credential_type": "x509"})),
        (format!("{RISC}/account-disabled"), json!({"reason": "hijacking"})),
        (format!("{RISC}/account-purged"), json!({})),
        (format!("{RISC}/sessions-revoked"), json!({})),
    ] {
        let tokens = scene.sign_in_later("alice").await;
        let reply = scene.report(&uri, event, user("alice")).await;
        reply.assert_status(202).assert_no_cookie();
        assert_eq!((reply.header("cache-control"), &reply.body), ("no-store", &Value::Null));
        assert!(!scene.is_alive(&tokens).await, "{uri}");
    }
}

/// An event that is refused has a line of its own, which does not call it carried out.
#[tokio::test]
async fn the_log_names_the_events_that_are_accepted_only() {
    let scene = Scene::receiving(&["session-revoked"]).await;
    scene.sign_in("alice", json!({})).await;
    let logs = Logs::listen();
    let (listed, unlisted) = (format!("{CAEP}/session-revoked"), format!("{RISC}/account-disabled"));
    scene.report(&listed, json!({}), user("alice")).await.assert_status(202);
    scene.report(&unlisted, json!({}), user("alice")).await.assert_status(202);
    assert_refused(&scene.report(&listed, json!({}), user("")).await, "invalid_request");
    let mixed = json!({"events": {&listed: {"subject": user("")}, &unlisted: {"subject": user("alice")}}});
    assert_refused(&push(&scene.world, &scene.event_token(mixed)).await, "invalid_request");
    let lines = logs.ours().into_iter();
    let orders = lines.filter(|line| line["message"] == "order of the identity provider carried out");
    let shown: Vec<_> = orders.map(|line| json!([line["events"], line["ended"]])).collect();
    assert_eq!(shown, [json!([listed, 1]), json!([unlisted, 0]), json!([unlisted, 0])]);
}

#[tokio::test]
async fn events_that_end_no_session_are_received() {
    let scene = Scene::receiving(&["credential-change"]).await;
    let tokens = scene.sign_in("alice", json!({"sid": "s"})).await;
    let before = scene.world.everything().await;
    for (uri, event) in [
        (format!("{CAEP}/session-revoked"), json!({})),
        (
            format!("{CAEP}/credential-change"),
            json!({"change_type": "create", "credential_type": "fido2-platform"}),
        ),
        (format!("{CAEP}/credential-change"), json!({})),
        (format!("{CAEP}/device-compliance-change"), json!({"previous_status": "compliant"})),
        (format!("{RISC}/account-enabled"), json!({})),
        ("https://schemas.openid.net/secevent/ssf/event-type/verification".into(), json!({"state": "x"})),
        (format!("{RISC}/verification"), json!({"state": "x"})),
        ("https://example.com/event".into(), json!(null)),
    ] {
        // A subject that is none of ours does not matter then.
        let subject = json!({"format": "email", "email": "alice@example.com"});
        scene.report(&uri, event, subject).await.assert_status(202);
    }
    scene.world.assert_unchanged(&before, "events that end nothing").await;
    assert!(scene.is_alive(&tokens).await);
}

/// RFC 8417 section 2 permits several events. One that cannot be carried out must not save the sessions of the others.
#[tokio::test]
async fn one_event_that_cannot_be_carried_out_does_not_stop_the_others() {
    let scene = Scene::receiving(&ALL).await;
    let email = json!({"subject": {"format": "email", "email": "alice@example.com"}});
    let late = json!({"subject": user("alice"), "event_timestamp": "yesterday"});
    for (number, wrong) in [email, late, json!({})].into_iter().enumerate() {
        // The names sort before and after that of the event that can be carried out.
        for first in [true, false] {
            let (one, two) = (format!("{RISC}/account-disabled"), format!("{RISC}/account-purged"));
            let (wrong_uri, right_uri) = if first { (one, two) } else { (two, one) };
            let tokens = scene.sign_in_later("alice").await;
            let events = json!({right_uri: {"subject": user("alice")}, wrong_uri: wrong});
            let reply = push(&scene.world, &scene.event_token(json!({"events": events}))).await;
            assert_refused(&reply, "invalid_request");
            assert!(!scene.is_alive(&tokens).await, "{events}");
            assert_eq!(
                scene.failed_orders(),
                2 * number as u64 + 1 + u64::from(!first),
                "the wrong event counts"
            );
        }
    }
    let tokens = scene.sign_in_later("alice").await;
    let both = json!({
        format!("{RISC}/account-disabled"): {"subject": user("alice")},
        format!("{CAEP}/session-revoked"): {"subject": user("bob")},
    });
    let bob = scene.sign_in("bob", json!({})).await;
    push(&scene.world, &scene.event_token(json!({"events": both}))).await.assert_status(202);
    assert!(!scene.is_alive(&tokens).await && !scene.is_alive(&bob).await);
}

#[tokio::test]
async fn an_event_counts_by_its_own_time() {
    let scene = Scene::receiving(&ALL).await;
    let now = scene.world.now().seconds();
    let uri = format!("{CAEP}/session-revoked");
    for (number, (event_timestamp, alive)) in [
        (json!(now - 10), [false, true, true]),
        (json!((now - 10) * 1_000 + 1), [false, true, true]),
        (json!(now - 5), [false, false, true]),
        // An event cannot be later than its token.
        (json!(now + 86_400), [false, false, false]),
        (Value::Null, [false, false, false]),
    ]
    .into_iter()
    .enumerate()
    {
        let (sid, mut sessions) = (format!("s{number}"), vec![]);
        for age in [10, 5, 0] {
            let claims = json!({"iat": now - age, "sid": sid});
            sessions.push(scene.sign_in(&format!("user-{number}"), claims).await);
        }
        let subject = json!({"format": "opaque", "id": sid});
        let reply = scene.report(&uri, json!({"event_timestamp": event_timestamp}), subject).await;
        reply.assert_status(202);
        for (tokens, alive) in sessions.iter().zip(alive) {
            assert_eq!(scene.is_alive(tokens).await, alive, "{event_timestamp}");
        }
        let later = scene.sign_in(&format!("later-{number}"), json!({"iat": now + 1, "sid": sid})).await;
        assert!(scene.is_alive(&later).await, "{event_timestamp}");
    }
    let wrong = scene.report(&uri, json!({"event_timestamp": "yesterday"}), user("alice")).await;
    assert_refused(&wrong, "invalid_request");
}

/// After an outage a provider may deliver events of last week.
#[tokio::test]
async fn an_old_event_still_ends_the_sessions_of_its_time() {
    let scene = Scene::receiving(&ALL).await;
    let old = scene.sign_in("alice", json!({})).await;
    let token = scene
        .event_token(json!({"sub_id": user("alice"), "events": {format!("{RISC}/account-disabled"): {}}}));
    scene.world.advance(5 * 86_400);
    let old = Tokens::of(scene.world.device().refresh(&old.refresh).await.assert_status(200));
    let later = scene.sign_in("alice", json!({})).await;
    push(&scene.world, &token).await.assert_status(202);
    push(&scene.world, &token).await.assert_status(202);
    assert!(!scene.is_alive(&old).await);
    assert!(scene.is_alive(&later).await);
}

/// The published examples, with the issuer, audience and keys of this test: CAEP 1.0 session-revoked by session and by user, RISC
/// 1.0 account-disabled, RFC 8935 (an event that is none of ours), and Google's Cross-Account Protection.
#[tokio::test]
async fn the_examples_of_the_specifications_are_understood() {
    let scene = Scene::receiving(&ALL).await;
    let sid = "dMTlD|1600802906337.16|16008.16";
    let complex = json!({
        "format": "complex",
        "session": {"format": "opaque", "id": sid},
        "user": user("jane.smith"),
        "tenant": {"format": "opaque", "id": "123456789"},
    });
    let google = json!({
        "subject": {"subject_type": "iss-sub", "iss": PROVIDER, "sub": "7375626A656374"}, "reason": "hijacking",
    });
    let (revoked, disabled) = (format!("{CAEP}/session-revoked"), format!("{RISC}/account-disabled"));
    let hijacked = json!({&disabled: {"reason": "hijacking"}});
    for (sub, mut claims) in [
        ("jane.smith", json!({"sub_id": {"format": "opaque", "id": sid}, "events": {&revoked: {}}})),
        ("jane.smith", json!({"sub_id": complex, "txn": 8_675_309, "events": {&revoked: {}}})),
        ("7375626A656374", json!({"sub_id": user("7375626A656374"), "events": hijacked})),
        ("7375626A656374", json!({"events": {&disabled: google}})),
    ] {
        scene.world.advance(600);
        let tokens = scene.sign_in(sub, json!({"sid": sid})).await;
        if let Some(event) = claims["events"].get_mut(&revoked) {
            let reason = json!({"en": "Landspeed Policy Violation: C076E82F"});
            let now = scene.world.now().seconds();
            *event = json!({"initiating_entity": "policy", "reason_admin": reason, "event_timestamp": now});
        }
        push(&scene.world, &scene.event_token(claims.clone())).await.assert_status(202);
        assert!(!scene.is_alive(&tokens).await, "{claims}");
    }
    let scim = json!({"urn:ietf:params:scim:event:create": {"ref": "https://scim.example.com/Users/1"}});
    push(&scene.world, &scene.event_token(json!({"events": scim}))).await.assert_status(202);
}

#[tokio::test]
async fn a_token_with_any_fault_ends_nothing() {
    let scene = Scene::receiving(&ALL).await;
    scene.sign_in("alice", json!({})).await;
    let events = json!({format!("{RISC}/account-disabled"): {}});
    let claims = json!({"sub_id": user("alice"), "events": events});
    let whole = |changes: Value| {
        let mut claims = claims.clone();
        claims.as_object_mut().expect("claims").extend(changes.as_object().expect("changes").clone());
        claims
    };
    let before = scene.world.everything().await;
    let now = scene.world.now().seconds();
    for (changes, err) in [
        (json!({"iss": "https://evil.example"}), "invalid_issuer"),
        (json!({"aud": "another"}), "invalid_audience"),
        (json!({"aud": null}), "invalid_request"),
        (json!({"iat": null}), "invalid_request"),
        (json!({"iat": now + 61}), "invalid_request"),
        (json!({"jti": null}), "invalid_request"),
        (json!({"events": null}), "invalid_request"),
        (json!({"events": {}}), "invalid_request"),
        (json!({"events": ["x"]}), "invalid_request"),
    ] {
        assert_refused(&push(&scene.world, &scene.event_token(whole(changes))).await, err);
    }
    let payload = json!({"iss": PROVIDER, "aud": PROVIDER_AUDIENCE, "iat": now, "jti": "1", "sub_id": user("alice"), "events": events});
    let types = ["JWT", "logout+jwt", "at+jwt", "global-token-revocation+jwt", ""].map(Value::from);
    for typ in types.into_iter().chain([Value::Null]) {
        let mut header = json!({"alg": "ES256", "kid": "p1", "typ": typ});
        header.as_object_mut().expect("a header").retain(|_, value| !value.is_null());
        let token = scene.provider.sign(&header, &payload.to_string());
        assert_refused(&push(&scene.world, &token).await, "invalid_request");
    }
    for alg in ["none", "HS256", "RS256"] {
        let header = json!({"alg": alg, "kid": "p1", "typ": "secevent+jwt"});
        let token = scene.provider.sign(&header, &payload.to_string());
        assert_refused(&push(&scene.world, &token).await, "invalid_key");
    }
    let header = json!({"alg": "ES256", "kid": "p1", "typ": "secevent+jwt"});
    let forged = Provider::generate().sign(&header, &payload.to_string());
    assert_refused(&push(&scene.world, &forged).await, "invalid_key");
    assert_refused(&push(&scene.world, &flipped(&scene.event_token(claims))).await, "invalid_key");
    assert_refused(&push(&scene.world, "x").await, "invalid_request");
    let device = scene.world.device();
    assert_eq!(device.send("POST", PATH, Some("application/jwt"), "x").await.status, 415);
    assert_eq!(
        device.send("POST", PATH, Some("application/secevent+jwt"), "x".repeat(8_193)).await.status,
        413
    );
    scene.world.assert_unchanged(&before, "a wrong token").await;
    assert_eq!(scene.failed_orders(), 0, "a forged event raises no alarm");
}

#[tokio::test]
async fn an_event_outlasts_faults_of_the_store_or_is_503() {
    use latchkey_local::dev_controls::faults::FaultKind;
    let scene = Scene::receiving(&ALL).await;
    let tokens = scene.sign_in("alice", json!({})).await;
    let uri = format!("{RISC}/account-disabled");
    scene.world.server.faults.queue(None, FaultKind::Error500, 100_000);
    let reply = scene.report(&uri, json!({}), user("alice")).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (503, "store_unavailable"), "{}", reply.body);
    assert_eq!(scene.failed_orders(), 1);
    scene.world.server.faults.clear(None);
    scene.world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Error500, 7);
    scene.report(&uri, json!({}), user("alice")).await.assert_status(202);
    assert!(!scene.is_alive(&tokens).await);
}
