//! The subject of a security event decides which sessions end. One that is none of ours is refused and reported.

use latchkey_tests::world::{PROVIDER, Reply};
use serde_json::{Value, json};

use super::Scene;
use super::security_events::{ALL, CAEP, RISC, assert_refused, push, user};

/// Succeeds only for a refusal whose description names this member.
#[track_caller]
fn assert_names(reply: &Reply, member: &str) {
    assert_refused(reply, "invalid_request");
    let description = reply.text("description");
    assert!(description.contains(member), "{description}");
}

/// Subjects of RFC 9493, and of the drafts before it, which have the subject in the event.
#[tokio::test]
async fn every_form_of_subject_that_is_ours_is_understood() {
    let scene = Scene::receiving(&ALL).await;
    let (disabled, revoked) = (format!("{RISC}/account-disabled"), format!("{CAEP}/session-revoked"));
    let sid = json!({"format": "opaque", "id": "s"});
    let email = json!({"format": "email", "email": "alice@example.com"});
    let saml = json!({"format": "saml_assertion_id", "issuer": PROVIDER, "assertion_id": "s"});
    for (uri, subject) in [
        (&disabled, user("alice")),
        (&disabled, json!({"format": "opaque", "id": "alice"})),
        (&revoked, sid.clone()),
        (&revoked, json!({"format": "complex", "session": sid, "user": user("alice")})),
        (&revoked, json!({"format": "complex", "session": sid})),
        (
            &revoked,
            json!({"format": "complex", "user": user("alice"), "tenant": {"format": "opaque", "id": "t"}}),
        ),
        // A session that we cannot read may be any of the user's.
        (&revoked, json!({"format": "complex", "session": email, "user": user("alice")})),
        (&revoked, json!({"format": "complex", "session": saml, "user": user("alice")})),
        (&revoked, json!({"format": "complex", "session": "s", "user": user("alice")})),
        (&revoked, json!({"format": "complex", "session": null, "user": user("alice")})),
        (&revoked, json!({"format": "complex", "session": sid, "user": email})),
        (&revoked, json!({"user": user("alice")})),
        (&disabled, json!({"subject_type": "iss-sub", "iss": PROVIDER, "sub": "alice"})),
        (&disabled, json!({"subject_type": "iss_sub", "iss": PROVIDER, "sub": "alice"})),
    ] {
        for in_event in [false, true] {
            let tokens = scene.sign_in_later("alice").await;
            let claims = match in_event {
                true => json!({"events": {uri: {"subject": subject}}}),
                false => json!({"sub_id": subject, "events": {uri: {}}}),
            };
            push(&scene.world, &scene.event_token(claims)).await.assert_status(202);
            assert!(!scene.is_alive(&tokens).await, "{subject}");
        }
    }
}

/// A session of another device lives on, if the event names one session at the provider.
#[tokio::test]
async fn an_event_about_one_session_spares_the_others() {
    let scene = Scene::receiving(&ALL).await;
    let laptop = scene.sign_in("alice", json!({"sid": "laptop"})).await;
    let phone = scene.sign_in("alice", json!({"sid": "phone"})).await;
    let session = json!({"format": "opaque", "id": "laptop"});
    let subject = json!({"format": "complex", "session": session, "user": user("alice")});
    scene.report(&format!("{CAEP}/session-revoked"), json!({}), subject).await.assert_status(202);
    assert!(!scene.is_alive(&laptop).await);
    assert!(scene.is_alive(&phone).await);
}

/// An account or a credential has no session, so that an event about it ends all of the user's.
#[tokio::test]
async fn an_event_about_an_account_ends_all_sessions_of_its_user() {
    let scene = Scene::receiving(&ALL).await;
    let session = json!({"format": "opaque", "id": "laptop"});
    for (name, event) in [
        (format!("{RISC}/account-disabled"), json!({"reason": "hijacking"})),
        (format!("{RISC}/account-purged"), json!({})),
        (format!("{RISC}/sessions-revoked"), json!({})),
        (format!("{CAEP}/credential-change"), json!({"change_type": "revoke"})),
    ] {
        scene.world.advance(5);
        let laptop = scene.sign_in("alice", json!({"sid": "laptop"})).await;
        let phone = scene.sign_in("alice", json!({"sid": "phone"})).await;
        let unused = scene.provider.assertion(&scene.world, "alice", json!({"sid": "tablet"}));
        let subject = json!({"format": "complex", "session": session, "user": user("alice")});
        scene.report(&name, event.clone(), subject).await.assert_status(202);
        assert!(!scene.is_alive(&laptop).await && !scene.is_alive(&phone).await, "{name}");
        scene.world.device().login(&unused).await.assert_problem(401, "invalid_assertion");
        let bob = scene.sign_in("bob", json!({"sid": "laptop"})).await;
        let alone = json!({"format": "complex", "session": session});
        assert_names(&scene.report(&name, event, alone).await, "user of the subject");
        assert!(scene.is_alive(&bob).await);
    }
}

/// The provider believes that the session has ended, and would never send the order again.
#[tokio::test]
async fn a_session_that_we_cannot_read_is_refused_and_reported() {
    let scene = Scene::receiving(&ALL).await;
    let tokens = scene.sign_in("alice", json!({"sid": "s"})).await;
    let email = json!({"format": "email", "email": "alice@example.com"});
    for (number, (session, user)) in [
        (json!({"format": "saml_assertion_id", "issuer": PROVIDER, "assertion_id": "s"}), Value::Null),
        (json!({"format": "jwt_id", "iss": PROVIDER, "jti": "s"}), Value::Null),
        (json!({"format": "opaque", "id": ""}), Value::Null),
        (json!({"format": "opaque", "id": 5}), Value::Null),
        (json!({"format": "opaque"}), email.clone()),
        (json!("s"), Value::Null),
        (json!([]), user("")),
    ]
    .into_iter()
    .enumerate()
    {
        let subject = json!({"format": "complex", "session": session, "user": user});
        let reply = scene.report(&format!("{CAEP}/session-revoked"), json!({}), subject).await;
        assert_names(&reply, "session of the subject");
        assert_eq!(scene.failed_orders(), number as u64 + 1, "each one is counted");
    }
    assert!(scene.world.everything().await.contains("provider_order_refused"), "an event");
    assert!(scene.is_alive(&tokens).await);
}

#[tokio::test]
async fn a_subject_that_is_none_of_ours_is_reported() {
    let scene = Scene::receiving(&ALL).await;
    let tokens = scene.sign_in("alice", json!({"sid": "s"})).await;
    let uri = format!("{RISC}/account-disabled");
    let subjects = [
        json!({"format": "email", "email": "alice@example.com"}),
        json!({"format": "phone_number", "phone_number": "+12065550100"}),
        json!({"format": "iss_sub", "iss": "https://second.example", "sub": "alice"}),
        json!({"format": "iss_sub", "iss": PROVIDER, "sub": ""}),
        json!({"format": "iss_sub", "sub": "alice"}),
        json!({"format": "complex", "device": {"format": "opaque", "id": "d"}}),
        json!({"format": ["iss_sub"]}),
        json!("alice"),
    ];
    for (number, subject) in subjects.iter().enumerate() {
        assert_refused(&scene.report(&uri, json!({}), subject.clone()).await, "invalid_request");
        assert_eq!(scene.failed_orders(), number as u64 + 1, "each one is counted");
    }
    assert_refused(&scene.report(&uri, json!({}), Value::Null).await, "invalid_request");
    let alerts = scene.world.everything().await.matches("provider_order_refused").count();
    assert!(alerts > 0, "an event");
    assert!(scene.is_alive(&tokens).await);
    scene.world.advance(3_600);
    assert_refused(&scene.report(&uri, json!({}), subjects[0].clone()).await, "invalid_request");
    let later = scene.world.everything().await.matches("provider_order_refused").count();
    assert_eq!(later, 2 * alerts, "one event an hour");
}
