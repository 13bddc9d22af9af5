//! Orders at the same time as sign-ins, refreshes and each other: no session survives its order.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::Tokens;
use serde_json::json;

use super::{Scene, send};

/// After both requests, either the sign-in was refused or its session has ended.
#[tokio::test]
async fn a_sign_in_at_the_same_time_never_survives_the_order() {
    let scene = Scene::new().await;
    for round in 0..32_u32 {
        scene.world.advance(5);
        let sid = json!({"sid": format!("s{round}")});
        let both = json!({"sub": "alice", "sid": sid["sid"]});
        let (order, claims) = match round % 4 {
            0 => (json!({"sub": "alice"}), sid),
            1 => (sid.clone(), sid),
            2 => (both, sid),
            _ => (both, json!({})),
        };
        // The sign-in of every second pair of rounds is the one that has to try again.
        if round % 8 >= 4 {
            scene.world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1);
        }
        let assertion = scene.provider.assertion(&scene.world, "alice", claims);
        let token = scene.logout_token(order.clone());
        let device = scene.world.device();
        let (login, logout) = tokio::join!(device.login(&assertion), send(&scene.world, &token));
        logout.assert_status(200);
        match login.status.as_u16() {
            201 => assert!(!scene.is_alive(&Tokens::of(&login)).await, "{order}"),
            401 => {}
            _ => panic!("{order}: {} {}", login.status, login.body),
        }
        assert!(scene.world.live("alice").await.is_empty(), "{order}");
    }
}

/// The sign-in has read the user record and waits. Its transaction must notice that the order changed a row since.
#[tokio::test]
async fn an_order_between_the_read_and_the_write_of_a_sign_in_wins() {
    let scene = Scene::new().await;
    for (order, claims) in [
        (json!({"sub": "alice"}), json!({"sid": "s1"})),
        (json!({"sub": "alice"}), json!({})),
        (json!({"sid": "s2"}), json!({"sid": "s2"})),
        (json!({"sub": "alice", "sid": "s3"}), json!({"sid": "s3"})),
        (json!({"sub": "alice", "sid": "s4"}), json!({})),
    ] {
        scene.world.advance(5);
        let assertion = scene.provider.assertion(&scene.world, "alice", claims);
        let token = scene.logout_token(order.clone());
        let (faults, device) = (&scene.world.server.faults, scene.world.device());
        faults.queue(Some("Query"), FaultKind::Slow, 1);
        let logout = async {
            while faults.pending() > 0 {
                tokio::task::yield_now().await;
            }
            let reply = send(&scene.world, &token).await;
            assert!(scene.world.live("alice").await.is_empty(), "{order}: the sign-in has not written yet");
            reply
        };
        let (login, logout) = tokio::join!(device.login(&assertion), logout);
        logout.assert_status(200);
        login.assert_problem(401, "invalid_assertion");
        assert!(scene.world.live("alice").await.is_empty(), "{order}");
    }
}

#[tokio::test]
async fn a_refresh_at_the_same_time_never_saves_the_session() {
    let scene = Scene::new().await;
    for round in 0..12_u32 {
        scene.world.advance(5);
        let tokens = scene.sign_in("alice", json!({"sid": format!("s{round}")})).await;
        let order =
            if round % 2 == 0 { json!({"sub": "alice"}) } else { json!({"sid": format!("s{round}")}) };
        let token = scene.logout_token(order);
        let device = scene.world.device();
        let (refreshed, logout) = tokio::join!(device.refresh(&tokens.refresh), send(&scene.world, &token));
        logout.assert_status(200);
        let last = if refreshed.status == 200 { Tokens::of(&refreshed) } else { tokens };
        assert!(!scene.is_alive(&last).await);
    }
}

#[tokio::test]
async fn many_orders_at_once_end_each_session_once() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.sign_in("alice", json!({"sid": "s"})).await;
    }
    let token = scene.logout_token(json!({"sub": "alice", "sid": "s"}));
    let order = || send(&scene.world, &token);
    let (one, two, three, four) = tokio::join!(order(), order(), order(), order());
    for reply in [one, two, three, four] {
        reply.assert_status(200);
    }
    assert!(scene.world.live("alice").await.is_empty());
    assert_eq!(scene.world.count_events("alice", "session_ended").await, 3);
}

/// Both change the user record. The order voids the unused assertion, which a suspension at the same second does not.
#[tokio::test]
async fn neither_a_suspension_nor_an_order_at_the_same_time_is_lost() {
    let scene = Scene::of_administrators().await;
    for round in 0..12_u32 {
        scene.world.advance(5);
        let (user, device) = (format!("user-{round}"), scene.world.device());
        let root = scene.administrator().await;
        let revoke = async |strategy: &str| {
            let body = json!({"strategy": strategy, "user_id": user, "reason": "stolen"});
            device.revoke(&root.access, body).await.assert_status(200).body.clone()
        };
        scene.sign_in(&user, json!({})).await;
        let unused = scene.provider.assertion(&scene.world, &user, json!({}));
        let token = scene.logout_token(json!({"sub": user}));
        if round % 2 == 1 {
            scene.world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, round);
        }
        let (_, order) = tokio::join!(revoke("suspend"), send(&scene.world, &token));
        order.assert_status(200);
        assert!(scene.world.live(&user).await.is_empty(), "round {round}");
        assert_eq!(scene.world.count_events(&user, "session_ended").await, 1, "round {round}");
        scene.world.advance(1);
        let newer = scene.provider.assertion(&scene.world, &user, json!({}));
        device.login(&newer).await.assert_problem(403, "account_suspended");
        assert_eq!(revoke("resume").await, json!({"resumed": true}), "round {round}");
        device.login(&unused).await.assert_problem(401, "invalid_assertion");
        device.login(&newer).await.assert_status(201);
    }
}
