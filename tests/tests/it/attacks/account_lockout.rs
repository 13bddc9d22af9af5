//! Can an attacker lock a user out, or get a second count for the same account?

use latchkey_tests::world::{Device, Provider, Tokens, World, flipped, payload};
use serde_json::json;

const PATH: &str = "/api/auth/login/attempts";

fn backend(world: &World) -> Device {
    world.device().bearer(&world.assertion_with("b", json!({"scope": "latchkey:attempts"})))
}

async fn attempt(world: &World, subject: &str, ip: &str) -> u16 {
    let body = json!({"policy": "login", "subject": subject, "ip": ip, "outcome": "failure"});
    backend(world).post(PATH, body).await.status.as_u16()
}

#[tokio::test]
async fn fifty_invalid_sign_ins_in_a_users_name_do_not_lock_the_user_out() {
    let world = World::new().await;
    let stranger = world.device().at("203.0.113.66");
    let forger = Provider::generate();
    let mut statuses = vec![];
    for number in 0..50 {
        let bad = match number % 3 {
            0 => flipped(&world.assertion("victor")),
            1 => forger.assertion(&world, "victor", json!({})),
            _ => world.assertion_with("victor", json!({"exp": 1})),
        };
        statuses.push(stranger.login(&bad).await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 45, "{statuses:?}");
    // The user signs in from another network and even from the same address.
    for address in ["198.51.100.1", "203.0.113.66", "203.0.113.67"] {
        world.device().at(address).sign_in("victor").await;
    }
    assert_eq!(world.live("victor").await.len(), 3);
}

#[tokio::test]
async fn fifty_forged_refreshes_do_not_count_for_the_session_they_name() {
    let (world, elsewhere) = (World::new().await, World::new().await);
    let device = world.device();
    let victim = device.sign_in("victor").await;
    let mut foreign = latchkey::token::refresh::open(
        &victim.refresh,
        std::slice::from_ref(&world.server.app.config().keys.refresh()[0]),
    )
    .expect("ours");
    foreign.generation = 3;
    let foreign = elsewhere.server.app.config().keys.refresh()[0].seal(&foreign);
    let cut = &victim.refresh[..victim.refresh.len() - 8];
    let before = world.everything().await;
    world.server.stats.reset();
    let stranger = world.device().at("203.0.113.66");
    for _ in 0..17 {
        for bad in [&flipped(&victim.refresh), foreign.expose(), cut] {
            stranger.refresh(bad).await.assert_problem(401, "invalid_token");
            let body = json!({"strategy": "current", "refresh_token": bad});
            stranger.post("/api/auth/revoke", body).await.assert_problem(401, "invalid_token");
        }
    }
    assert_eq!(world.server.stats.total().calls, 0, "forged tokens cause no store call");
    world.assert_unchanged(&before, "a forged token must not count for the session that it names").await;
    let next = device.refresh(&victim.refresh).await;
    let left = next.assert_status(200).header("ratelimit");
    assert!(left.starts_with("\"refresh\";r=19;"), "{left}");
    assert_eq!(payload(&Tokens::of(&next).refresh)["gen"], 1);
}

#[tokio::test]
async fn fifty_wrong_passwords_block_the_account_only_in_that_network() {
    let world = World::new().await;
    let mut statuses = vec![];
    for _ in 0..50 {
        statuses.push(attempt(&world, "victor@example.com", "203.0.113.66").await);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{statuses:?}");
    let ask = json!({"policy": "login", "subject": "victor@example.com", "ip": "198.51.100.1"});
    let owner = backend(&world).post(PATH, ask).await;
    let told = &owner.assert_status(200).body;
    assert_eq!((&told["allowed"], &told["remaining"]), (&json!(true), &json!(4)), "{told}");
    // With the attacker's five attempts, the account has more attempts than one network may have. The response is at
    // most a challenge.
    assert_eq!(told["challenge"], true);
}

/// The risk that `docs/SECURITY.md` describes: without the address all clients of a backend share one count.
#[tokio::test]
async fn attempts_without_an_address_block_only_such_attempts() {
    let world = World::new().await;
    let blind = json!({"policy": "login", "subject": "victor", "outcome": "failure"});
    for _ in 0..5 {
        backend(&world).post(PATH, blind.clone()).await.assert_status(200);
    }
    backend(&world).post(PATH, blind).await.assert_problem(429, "rate_limited");
    assert_eq!(attempt(&world, "victor", "198.51.100.1").await, 200, "an attempt with an address is allowed");
    assert_eq!(attempt(&world, "alice", "203.0.113.66").await, 200);
}

#[tokio::test]
async fn every_spelling_of_an_account_has_the_same_count() {
    let world = World::new().await;
    // Upper case, spaces around the name, full width, a ligature, and composed or decomposed accents.
    let families = [
        [
            "bob@example.com",
            "BOB@example.com",
            " bob@EXAMPLE.com\u{a0}",
            "ｂｏｂ@example.com",
            "ＢＯＢ@ｅｘａｍｐｌｅ.com",
            "Bob@Example.Com",
        ],
        ["josé", "jose\u{301}", "JOSÉ", "JOSE\u{301}", " josé ", "ｊosé"],
        ["ﬁona", "fiona", "FIONA", "ﬁONA", "Fiona ", "\u{2003}fiona"],
    ];
    for spellings in families {
        let mut statuses = vec![];
        for spelling in spellings {
            statuses.push(attempt(&world, spelling, "203.0.113.9").await);
        }
        assert_eq!(statuses, [200, 200, 200, 200, 200, 429], "{spellings:?}");
    }
    // Cyrillic letters look alike, but make another account.
    assert_eq!(attempt(&world, "bоb@example.com", "203.0.113.9").await, 200);
}

#[tokio::test]
async fn every_spelling_and_forwarding_of_an_address_counts_as_one_network() {
    let world = World::new().await;
    let addresses =
        ["198.51.100.7", "::ffff:198.51.100.8", "198.51.100.9", "::ffff:c633:640a", "198.51.100.255"];
    let forwarded = ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip"];
    for (number, (address, name)) in addresses.iter().zip(forwarded).enumerate() {
        let device = world.device().at(address).header(name, &format!("203.0.113.{number}"));
        device.login("made.up.assertion").await.assert_problem(401, "invalid_assertion");
    }
    let sixth = world.device().at("198.51.100.1").header("x-forwarded-for", "192.0.2.1");
    sixth.login("made.up.assertion").await.assert_problem(429, "rate_limited");
}
