//! Each way in which a session is revoked lists it in the feed, within the second that an instance keeps its copy.

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{
    BERLIN, Device, FIREFOX, Jar, LISBON, ORIGIN_SECRET, PROVIDER, Provider, Tokens, World,
};
use serde_json::{Value, json};

/// Two sessions of one user: one that ends, and one that stays.
struct Pair {
    world: World,
    device: Device,
    lost: Tokens,
    kept: Tokens,
}

impl Pair {
    async fn new() -> Self {
        let world = World::new().await;
        let device = world.device();
        let (lost, kept) = (device.sign_in("alice").await, device.sign_in("alice").await);
        // The instance has a copy of the feed, so that the test shows how soon it is read again.
        assert!(world.feed().await.is_empty());
        Self { world, device, lost, kept }
    }

    /// Succeeds only if one second later the feed lists the lost session alone.
    async fn assert_listed(&self, way: &str) {
        self.world.advance(1);
        let feed = self.world.feed().await;
        assert!(feed.lists(&self.lost.session), "{way}: the ended session is not listed");
        assert!(!feed.lists(&self.kept.session), "{way}: the live session is listed");
        assert_eq!(feed.len(), 1, "{way}");
    }
}

#[tokio::test]
async fn a_session_that_its_user_ends_is_listed() {
    let ways = [
        json!({"strategy": "current"}),
        json!({"strategy": "session"}),
        json!({"strategy": "others"}),
        json!({"strategy": "token"}),
        json!("DELETE one"),
        json!("DELETE others"),
        json!("OAuth form"),
    ];
    for way in ways {
        let pair = Pair::new().await;
        let (lost, kept) = (&pair.lost, &pair.kept);
        let caller = pair.device.clone().bearer(&kept.access);
        let reply = match way["strategy"].as_str().or(way.as_str()).expect("a name") {
            "current" => pair.device.revoke(&lost.access, way.clone()).await,
            "session" => {
                pair.device
                    .revoke(&kept.access, json!({"strategy": "session", "session_id": lost.session}))
                    .await
            }
            "others" => pair.device.revoke(&kept.access, way.clone()).await,
            "token" => {
                pair.device
                    .post("/api/auth/revoke", json!({"strategy": "token", "token": lost.refresh}))
                    .await
            }
            "DELETE one" => caller.delete(&format!("/api/auth/sessions/{}", lost.session)).await,
            "DELETE others" => caller.delete("/api/auth/sessions?scope=others").await,
            _ => {
                let form = Some("application/x-www-form-urlencoded");
                pair.device.send("POST", "/api/auth/revoke", form, format!("token={}", lost.refresh)).await
            }
        };
        reply.assert_status(200);
        pair.assert_listed(&way.to_string()).await;
    }
}

#[tokio::test]
async fn all_sessions_of_a_user_are_listed_together() {
    for by_admin in [false, true] {
        let pair = Pair::new().await;
        let root = pair.world.assertion_with("root", json!({"scope": "latchkey:admin"}));
        let root = Tokens::of(pair.device.login(&root).await.assert_status(201));
        let (caller, body) = if by_admin {
            (&root, json!({"strategy": "user", "user_id": "alice", "reason": "a lost laptop"}))
        } else {
            (&pair.kept, json!({"strategy": "all"}))
        };
        pair.device.revoke(&caller.access, body).await.assert_status(200);
        pair.world.advance(1);
        let feed = pair.world.feed().await;
        assert!(feed.lists(&pair.lost.session) && feed.lists(&pair.kept.session));
        assert_eq!((feed.len(), pair.world.feed_rows().await.len()), (2, 1), "one row for one transaction");
    }
}

#[tokio::test]
async fn a_session_that_an_administrator_ends_is_listed() {
    let pair = Pair::new().await;
    let root = pair.world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(pair.device.login(&root).await.assert_status(201));
    let body = json!({"strategy": "session", "user_id": "alice", "session_id": pair.lost.session, "reason": "odd place"});
    pair.device.revoke(&root.access, body).await.assert_status(200);
    pair.assert_listed("administrator").await;
}

#[tokio::test]
async fn a_stolen_session_is_listed() {
    let pair = Pair::new().await;
    pair.device.refresh(&pair.lost.refresh).await.assert_status(200);
    pair.world.advance(61);
    pair.device.clone().elsewhere().refresh(&pair.lost.refresh).await.assert_ended("security");
    pair.assert_listed("reuse").await;
}

#[tokio::test]
async fn a_session_whose_row_was_restored_is_listed() {
    let pair = Pair::new().await;
    let backup = pair.world.raw_row("alice", &pair.lost.session).await.expect("the row");
    let second = Tokens::of(&pair.device.refresh(&pair.lost.refresh).await);
    let third = Tokens::of(&pair.device.refresh(&second.refresh).await);
    pair.world.put_row(backup).await;
    pair.device.refresh(&third.refresh).await.assert_ended("security");
    pair.assert_listed("regression").await;
}

#[tokio::test]
async fn a_session_that_a_risk_rule_ends_is_listed() {
    let world = World::behind_cloudfront(&[("RISK_RULES", "country_changed=end")]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.device().in_city(LISBON).refresh(&tokens.refresh).await.assert_ended("security");
    assert_eq!(world.feed_rows().await.len(), 1);
}

#[tokio::test]
async fn a_session_that_a_sign_in_replaces_is_listed() {
    for next_user in ["alice", "bob"] {
        let world = World::new().await;
        let device = world.device();
        let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
        let page = device.clone().cookies(&jar.line());
        page.login_in_browser(&world.assertion(next_user)).await.assert_status(201);
        world.advance(1);
        let feed = world.feed().await;
        assert!(feed.lists(&jar.session) && feed.len() == 1, "{next_user}");
    }
}

#[tokio::test]
async fn an_unbound_session_under_require_is_listed() {
    let keys = generate_key_set();
    let before = World::with(&[("LATCHKEY_KEYS", &keys)]).await;
    let tokens = before.device().sign_in("alice").await;
    let settings = [("LATCHKEY_KEYS", keys.as_str()), ("SESSION_BINDING", "require")];
    let world = before.redeployed(&settings, IssuerKeyCache::default());
    world.device().refresh(&tokens.refresh).await.assert_ended("security");
    world.advance(1);
    assert!(world.feed().await.lists(&tokens.session));
}

/// Services that verify offline must refuse the sessions of a dismissed employee, too.
#[tokio::test]
async fn a_session_that_the_provider_ends_is_listed() {
    let (form, set) = (Some("application/x-www-form-urlencoded"), Some("application/secevent+jwt"));
    let subject = json!({"format": "iss_sub", "iss": PROVIDER, "sub": "alice"});
    let disabled = json!({"https://schemas.openid.net/secevent/risc/event-type/account-disabled": {}});
    let logout = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    for (way, typ, claims) in [
        ("backchannel-logout", "logout+jwt", json!({"sub": "alice", "events": logout})),
        ("backchannel-logout", "logout+jwt", json!({"sub": null, "sid": "laptop", "events": logout})),
        ("global-token-revocation", "global-token-revocation+jwt", json!({})),
        ("ssf/events", "secevent+jwt", json!({"sub_id": subject, "events": disabled})),
    ] {
        let provider = Provider::generate();
        let types = json!({"types": ["account-disabled"]});
        let logout = json!({"backchannel": {}, "global_revocation": {}, "events": types});
        let world = provider.world(json!({"logout": logout}), &[]).await;
        let device = world.device();
        let sign_in = async |user: &str, sid: &str| {
            let assertion = provider.assertion(&world, user, json!({"sid": sid}));
            Tokens::of(device.login(&assertion).await.assert_status(201))
        };
        let (alice, bob) = (sign_in("alice", "laptop").await, sign_in("bob", "phone").await);
        assert!(world.feed().await.is_empty());
        let claims = provider.claims(&world, "the provider", claims).to_string();
        let token = provider.sign(&json!({"alg": "ES256", "kid": "p1", "typ": typ}), &claims);
        let path = format!("/api/auth/{way}");
        let reply = match way {
            "backchannel-logout" => device.send("POST", &path, form, format!("logout_token={token}")).await,
            "global-token-revocation" => {
                device.clone().bearer(&token).post(&path, json!({"sub_id": subject})).await
            }
            _ => device.send("POST", &path, set, token).await,
        };
        assert!(reply.status.is_success(), "{way}: {}", reply.body);
        world.advance(1);
        let feed = world.feed().await;
        assert!(feed.lists(&alice.session) && !feed.lists(&bob.session) && feed.len() == 1, "{way}");
    }
}

/// The largest transaction, after an administrator has lowered the limit from 30 to 1: a sign-in from another country with a browser that
/// no session has, with the session at the provider, and with an older cookie of another user, which is a theft.
#[tokio::test]
async fn the_largest_sign_in_lists_all_thirty_sessions_that_it_ends() {
    let (provider, keys) = (Provider::generate(), generate_key_set());
    let trusted = json!([provider.entry(json!({"logout": {"backchannel": {}}}))]).to_string();
    let settings = |limit| {
        [
            ("LATCHKEY_KEYS", keys.as_str()),
            ("LATCHKEY_TRUSTED_ISSUERS", trusted.as_str()),
            ("PROVIDER_ORDERS", "true"),
            ("SESSION_LIMIT", limit),
            ("CLOUDFRONT_ORIGIN_SECRET", ORIGIN_SECRET),
        ]
    };
    let wide = World::with(&settings("30")).await;
    let mut sessions = vec![];
    for _ in 0..30 {
        let assertion = provider.assertion(&wide, "alice", json!({}));
        let reply = wide.device().in_city(BERLIN).login(&assertion).await;
        sessions.push(Tokens::of(reply.assert_status(201)).session);
        wide.advance(60);
    }
    let world = wide.redeployed(&settings("1"), IssuerKeyCache::default());
    let (victim_in, assertion) =
        (world.device().in_city(BERLIN), provider.assertion(&world, "victor", json!({})));
    let victim = Jar::of(&victim_in.login_in_browser(&assertion).await);
    victim_in.refresh_with_cookies(&victim.line()).await.assert_status(200);
    world.advance(61);
    let thief = world.device().in_city(LISBON).agent(FIREFOX).cookies(&victim.line());
    world.server.stats.reset();
    let reply = thief.login_in_browser(&provider.assertion(&world, "alice", json!({"sid": "s"}))).await;
    let ended: Vec<Value> = reply.assert_status(201).body["ended"].as_array().expect("a list").clone();
    assert_eq!(world.server.stats.largest_transaction(), 100, "each kind of item is in it, and no more fit");
    for event in ["new_device", "new_country", "session_evicted"] {
        assert_eq!(world.count_events("alice", event).await, 1, "{event}");
    }
    assert_eq!(world.count_events("victor", "token_reused").await, 1);
    world.advance(1);
    // Without the secret the feed is read directly.
    let direct = world.redeployed(&settings("1")[..4], IssuerKeyCache::default());
    let feed = direct.feed().await;
    let listed = sessions.iter().filter(|session| feed.lists(session)).count();
    assert_eq!((listed, feed.len()), (29, 30), "30 ends with the victim's: {ended:?}");
    let next = direct.device().login(&provider.assertion(&world, "alice", json!({}))).await;
    assert_eq!(next.assert_status(201).body["ended"].as_array().map(Vec::len), Some(2), "the rest");
}
