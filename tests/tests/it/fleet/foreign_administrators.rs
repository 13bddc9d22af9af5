//! Can the administrators of one identity provider see or end, in the lists of all users, what belongs to another one?

use latchkey_local::dev_controls::faults::FaultKind;
use serde_json::{Value, json};

use super::{EVENTS, OVERVIEW, REVOKE, SEARCH, SIGN_INS, read_all, store_sign_ins};
use crate::attacks::foreign_administrators::Customers;

/// All sign-ins of a test come from this network, as with a common proxy.
const NETWORK: &str = "198.18.0.1";

fn of_network(preview: bool, as_of: &str) -> Value {
    json!({"strategy": "network", "network": NETWORK, "preview": preview, "reason": "a test", "as_of": as_of})
}

#[tokio::test]
async fn the_lists_have_only_users_of_the_own_issuer() {
    let customers = Customers::with(json!({})).await;
    let victim = customers.sign_in("shop", "victor", None).await;
    let own = customers.sign_in("acme", "anna", None).await;
    let admin = customers.administrator("acme").await;
    let users = async |path: &str, list: &str| {
        let mut users = read_all(&admin, path, list, "user_id").await;
        users.sort_unstable();
        users.dedup();
        users
    };
    assert_eq!(users(&format!("{EVENTS}?limit=500"), "events").await, ["acme|anna", "acme|root"]);
    assert_eq!(users(&format!("{EVENTS}?network={NETWORK}"), "events").await, ["acme|anna", "acme|root"]);
    assert_eq!(users(&format!("{SIGN_INS}?network={NETWORK}"), "sign_ins").await, ["acme|anna", "acme|root"]);
    let foreign = admin.get(&format!("{EVENTS}?user_id=shop%7Cvictor")).await;
    assert!(foreign.assert_problem(403, "forbidden").text("detail").starts_with("user_id: "));
    let unknown =
        admin.get(&format!("{SEARCH}?q=nobody-has-this-name")).await.assert_status(200).body.clone();
    for name in ["shop%7Cvictor", &victim.session] {
        let found = admin.get(&format!("{SEARCH}?q={name}")).await;
        assert_eq!(found.assert_status(200).body, unknown, "{name}");
    }
    let found = admin.get(&format!("{SEARCH}?q={}", own.session)).await;
    assert_eq!(found.assert_status(200).body["session"]["user_id"], "acme|anna");
    // The numbers of an hour are about all users.
    admin.get(OVERVIEW).await.assert_problem(403, "forbidden");
}

/// An event about a network or about all users belongs to no issuer.
#[tokio::test]
async fn events_without_a_user_are_for_administrators_of_all_users() {
    let customers = Customers::with(json!({"admin_of": "all"})).await;
    let stranger = customers.world.device().at("203.0.113.66");
    for _ in 0..11 {
        assert!(stranger.login("no assertion").await.status.is_client_error());
    }
    let (all, own) = (customers.administrator("acme").await, customers.administrator("shop").await);
    let path = format!("{EVENTS}?type=blocked");
    assert_eq!(read_all(&all, &path, "events", "event_type").await, ["blocked"]);
    assert_eq!(read_all(&own, &path, "events", "event_type").await, [""; 0]);
    all.get(OVERVIEW).await.assert_status(200);
}

#[tokio::test]
async fn a_bulk_revocation_leaves_the_users_of_other_issuers_alone() {
    let customers = Customers::with(json!({})).await;
    let victim = customers.sign_in("shop", "victor", None).await;
    customers.sign_in("acme", "anna", None).await;
    let admin = customers.administrator("acme").await;
    let as_of = customers.world.now().to_rfc3339();
    for preview in [true, false] {
        let reply = admin.post(REVOKE, of_network(preview, &as_of)).await;
        let users = reply.assert_status(200).body["users"].as_array().expect("users").clone();
        assert_eq!(users.len(), 1, "{preview}: {users:?}");
        assert_eq!(users[0]["user_id"], "acme|anna");
    }
    assert_eq!(customers.world.live("shop|victor").await, [victim.session]);
    assert_eq!(customers.world.live("acme|anna").await, [""; 0]);
}

/// Behind a common proxy, the users of another customer sign in from the same network all the time.
#[tokio::test]
async fn many_foreign_sign_ins_hide_no_network() {
    let customers = Customers::with(json!({})).await;
    let world = &customers.world;
    world.without_stream().await;
    let admin = customers.administrator("acme").await;
    let first = world.now().to_rfc3339();
    world.advance(60);
    let others = ["shop|victor".to_owned()];
    store_sign_ins(world, "198.18.0.0/24", &others, 300).await;
    let search = async || {
        let found = admin.get(&format!("{SEARCH}?q={NETWORK}")).await;
        found.assert_status(200).body["network"].clone()
    };
    assert_eq!(search().await, json!({"network": "198.18.0.0/24", "last_sign_in": first}));
    // Too many for one call of a slow store: it does not answer that the network is unused, and not too late.
    store_sign_ins(world, "198.18.0.0/24", &others, 5_000).await;
    world.server.faults.queue(Some("Query"), FaultKind::Slow, 1_000);
    assert_eq!(search().await, json!({"network": "198.18.0.0/24", "last_sign_in": null}));
}

/// A search for the network of another customer must not show when its users sign in.
#[tokio::test]
async fn a_network_with_foreign_sign_ins_only_looks_unused() {
    let customers = Customers::with(json!({})).await;
    let admin = customers.administrator("acme").await;
    let shop = customers.administrator("shop").await;
    customers.world.advance(8 * 86_400);
    drop((admin, shop));
    customers.sign_in("shop", "victor", None).await;
    let admin = customers.administrator("shop").await;
    let found = admin.get(&format!("{SEARCH}?q={NETWORK}")).await;
    assert!(found.assert_status(200).body["network"].is_object(), "{}", found.body);
    customers.world.advance(60);
    let tokens = customers.sign_in("acme", "root", Some("latchkey:admin")).await;
    let own = customers.world.device().at("203.0.113.9").bearer(&tokens.access);
    let found = own.get(&format!("{SEARCH}?q={NETWORK}")).await;
    let last = found.assert_status(200).body["network"]["last_sign_in"].clone();
    assert_eq!(last, customers.world.now().to_rfc3339(), "the own sign-in and not that of another issuer");
}
