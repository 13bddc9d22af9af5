//! Revocations that compete with refreshes and logins: an ended session stays ended in any order.

use latchkey::app::sign_out::end_one;
use latchkey::domain::actor::Actor;
use latchkey::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Tokens, World};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_concurrent_refresh_saves_a_session_from_revocation() {
    for _ in 0..10 {
        let world = World::new().await;
        let device = world.device();
        let (mine, lost) = (device.sign_in("alice").await, device.sign_in("alice").await);
        let mut refreshes = JoinSet::new();
        let (hammer, mut tokens) = (device.clone(), lost.clone());
        refreshes.spawn(async move {
            loop {
                let reply = hammer.refresh(&tokens.refresh).await;
                if reply.status != 200 {
                    return reply;
                }
                tokens = Tokens::of(&reply);
                tokio::task::yield_now().await;
            }
        });
        let body = json!({"strategy": "session", "session_id": lost.session});
        let out = device.revoke(&mine.access, body).await;
        assert_eq!(out.assert_status(200).body["ended"], 1);
        assert!(world.raw_row("alice", &lost.session).await.is_none());
        for reply in refreshes.join_all().await {
            assert!(reply.code() == "session_ended" || reply.code() == "rate_limited", "{}", reply.body);
        }
        assert!(
            world.raw_row("alice", &lost.session).await.is_none(),
            "a late write recreated the deleted row"
        );
        assert_eq!(world.count_events("alice", "session_ended").await, 1);
    }
}

/// An attacker with the password signs in without a pause, so that the condition of each transaction fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_sign_ins_delay_is_marked_on_its_row() {
    let world = World::new().await;
    let device = world.device();
    let (mine, lost) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let sign_ins = world.keep_changing_user_record("alice");
    // Between a read of the user's rows and the transaction there is time for a sign-in.
    world.server.faults.queue(Some("Query"), FaultKind::Slow, 1_000);
    let out = device.revoke(&mine.access, json!({"strategy": "others"})).await;
    world.server.faults.clear(None);
    sign_ins.abort();
    assert!([200, 503].contains(&out.status.as_u16()), "{}", out.body);
    device.refresh(&lost.refresh).await.assert_ended("signed_out");
    device.list(&mine.access).await.assert_status(200);
    world.advance(20);
    assert!(world.feed().await.lists(&lost.session));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_concurrent_sign_outs_of_one_session_end_it_once() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let mut outs = JoinSet::new();
    for _ in 0..16 {
        let (device, access) = (device.clone(), tokens.access.clone());
        outs.spawn(async move { device.revoke(&access, json!({"strategy": "current"})).await });
    }
    let ended: Vec<u64> = outs
        .join_all()
        .await
        .iter()
        .map(|reply| reply.assert_status(200).body["ended"].as_u64().unwrap())
        .collect();
    assert_eq!(ended.iter().sum::<u64>(), 1, "{ended:?}");
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_end_each_other_leave_at_most_one() {
    for _ in 0..6 {
        let world = World::new().await;
        let (one, two) = (world.device(), world.device());
        let (a, b) = (one.sign_in("alice").await, two.sign_in("alice").await);
        let access = b.access.clone();
        let other = tokio::spawn(async move { two.revoke(&access, json!({"strategy": "others"})).await });
        let mine = one.revoke(&a.access, json!({"strategy": "others"})).await;
        let theirs = other.await.unwrap();
        for reply in [&mine, &theirs] {
            assert!([200, 401].contains(&reply.status.as_u16()), "{}", reply.body);
        }
        let ended: u64 = [&mine, &theirs].iter().filter_map(|reply| reply.body["ended"].as_u64()).sum();
        let live = world.live("alice").await.len() as u64;
        assert_eq!(live + ended, 2, "{} {}", mine.body, theirs.body);
        assert_eq!(world.count_events("alice", "session_ended").await as u64, ended);
    }
}

#[tokio::test]
async fn a_sign_out_that_waited_for_another_succeeds() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    // The first request has read the row and meets a conflict. While it waits, the second one runs completely.
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1);
    let current = json!({"strategy": "current"});
    let (first, second) =
        tokio::join!(device.revoke(&tokens.access, current.clone()), device.revoke(&tokens.access, current));
    let ended = [&first, &second].map(|reply| reply.assert_status(200).body["ended"].as_u64());
    assert_eq!(ended.iter().flatten().sum::<u64>(), 1, "{ended:?}");
    assert_eq!(world.count_events("alice", "session_ended").await, 1, "one end has one record");
}

#[tokio::test]
async fn theft_that_is_detected_twice_is_recorded_once() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(61);
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 1);
    let thief = device.elsewhere();
    let (one, two) = tokio::join!(thief.refresh(&first.refresh), thief.refresh(&first.refresh));
    one.assert_ended("security");
    two.assert_ended("security");
    assert_eq!(world.count_events("alice", "token_reused").await, 1);
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_sign_out_everywhere_no_earlier_token_works_in_200_rounds() {
    let world = World::with(&[("LIMIT_LOGIN", "1000000/15m"), ("LIMIT_GENERAL", "1000000/15m")]).await;
    for round in 0..200 {
        let user = format!("user-{round}");
        let device = world.device();
        let (mine, other) = (device.sign_in(&user).await, device.sign_in(&user).await);
        // Old enough to precede the sign-out in any order of the requests.
        let assertion = world.assertion(&user);
        world.advance(11);
        let mut before = vec![mine.clone(), other.clone()];
        let (refreshing, signing_in) = (device.clone(), device.clone());
        let chain = tokio::spawn(async move {
            let mut got: Vec<Tokens> = vec![];
            let mut token = other.refresh;
            for _ in 0..4 {
                let reply = refreshing.refresh(&token).await;
                if reply.status != 200 {
                    break;
                }
                got.push(Tokens::of(&reply));
                token = got[got.len() - 1].refresh.clone();
            }
            got
        });
        let login = tokio::spawn(async move { signing_in.login(&assertion).await });
        device.revoke(&mine.access, json!({"strategy": "all"})).await.assert_status(200);
        before.extend(chain.await.expect("no call panics"));
        let login = login.await.expect("no call panics");
        match login.status.as_u16() {
            201 => before.push(Tokens::of(&login)),
            _ => drop(login.assert_problem(401, "invalid_assertion")),
        }
        assert_eq!(world.live(&user).await, Vec::<String>::new(), "round {round}");
        for tokens in before {
            device.refresh(&tokens.refresh).await.assert_ended("signed_out");
            device.list(&tokens.access).await.assert_ended("signed_out");
        }
    }
}

#[tokio::test]
async fn of_two_concurrent_ends_of_a_session_only_the_first_is_recorded() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let (user, session) = ("alice".parse().unwrap(), tokens.session.parse().unwrap());
    let row = world.server.store.read_session(&user, &session, world.now()).await.unwrap().expect("it lives");
    let end = |reason, by| SessionEnd::of(&row, PendingEnd::new(reason, by, world.now()));
    // Both requests have read the row. The first one writes a pending end, then the transaction of the second one follows.
    let theft = end(EndReason::ReuseDetected, Actor::System);
    let own = end(EndReason::SignedOut, Actor::User);
    assert!(world.server.store.mark_pending_end(&theft).await.unwrap());
    assert!(!world.server.store.mark_pending_end(&own).await.unwrap(), "the row has a pending end already");
    assert!(!end_one(&world.server.app, &own, &[]).await.unwrap(), "the second request ended nothing");
    let record =
        world.server.store.end_record(&session).await.unwrap().expect("the first one is carried out");
    assert_eq!(record.reason, EndReason::ReuseDetected);
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

#[tokio::test]
async fn a_pending_end_whose_reply_was_lost_counts_as_written() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let (user, session) = ("alice".parse().unwrap(), tokens.session.parse().unwrap());
    let row = world.server.store.read_session(&user, &session, world.now()).await.unwrap().expect("it lives");
    let end = SessionEnd::of(&row, PendingEnd::new(EndReason::Admin, Actor::System, world.now()));
    world.server.faults.queue(Some("UpdateItem"), FaultKind::TimeoutAfterCommit, 1);
    assert!(world.server.store.mark_pending_end(&end).await.unwrap());
}
