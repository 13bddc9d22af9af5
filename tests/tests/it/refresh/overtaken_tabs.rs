//! Tabs share their cookies but decide independently when to refresh. In any order, their requests are not theft.

use latchkey::domain::session::Session;
use latchkey_tests::world::{BERLIN, City, Device, FIREFOX, Jar, PRAGUE, Reply, Tokens, World};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Refreshes with the cookies of the browser, for a tab whose last access token expires at `replaces`.
async fn refresh(device: &Device, jar: &Jar, replaces: &Value) -> Reply {
    device.clone().cookies(&jar.line()).post("/api/auth/refresh", json!({"replaces": replaces})).await
}

/// Signs a browser in and waits until its access token is about to expire. Returns the cookies and that expiry.
async fn sign_in_with_expiry(world: &World) -> (Jar, Value) {
    let login = world.device().login_in_browser(&world.assertion("alice")).await;
    world.advance(3_500);
    (Jar::of(&login), login.body["expires_at"].clone())
}

/// With these settings, access tokens issued after 3,600 seconds all expire with the session.
const LAST_HOUR: [(&str, &str); 2] = [("SESSION_TTL", "2h"), ("REFRESH_TOKEN_TTL", "2h")];

async fn generation(world: &World, jar: &Jar) -> u64 {
    world.row("alice", &jar.session).await.expect("the session lives").generation
}

#[tokio::test]
async fn an_overtaken_tab_gets_the_token_of_the_faster_tab() {
    let world = World::new().await;
    let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
    let new = Jar::of(&refresh(&device, &old, &expiry).await);
    let before = world.everything().await;
    world.advance(5);
    let reply = refresh(&device, &new, &expiry).await;
    let again = Jar::of(reply.assert_status(200));
    assert_eq!(again.refresh, new.refresh, "the same token");
    assert_eq!(reply.body["expires_in"], 3_600, "a new access token");
    world.assert_unchanged(&before, "the response writes nothing").await;
    let slowest = Jar::of(refresh(&device, &old, &expiry).await.assert_status(200));
    assert_eq!(slowest.refresh, new.refresh, "a request that was sent before both is still in grace");
}

#[tokio::test]
async fn a_claim_for_the_current_token_gets_the_next_generation() {
    let world = World::new().await;
    let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
    let reply = refresh(&device, &old, &expiry).await;
    let new = Jar::of(&reply);
    let next = Jar::of(refresh(&device, &new, &reply.body["expires_at"]).await.assert_status(200));
    assert_ne!(next.refresh, new.refresh);
    assert_eq!(generation(&world, &next).await, 2);
    let unknown = Jar::of(refresh(&device, &next, &Value::Null).await.assert_status(200));
    assert_eq!(generation(&world, &unknown).await, 3, "a tab without a claim gets the next generation");
}

#[tokio::test]
async fn in_the_last_hour_of_a_session_a_claim_works_within_grace_only() {
    let world = World::with(&LAST_HOUR).await;
    let (device, (old, _)) = (world.device(), sign_in_with_expiry(&world).await);
    world.advance(600);
    let reply = refresh(&device, &old, &Value::Null).await;
    let (new, expiry) = (Jar::of(&reply), &reply.body["expires_at"]);
    assert_eq!(expiry, &reply.body["session_expires_at"]);
    let again = Jar::of(refresh(&device, &new, expiry).await.assert_status(200));
    assert_eq!(again.refresh, new.refresh);
    world.advance(61);
    refresh(&device, &new, expiry).await.assert_status(200);
    assert_eq!(generation(&world, &new).await, 2, "after grace it gets the next generation");
}

#[tokio::test]
async fn a_tab_that_slept_past_grace_refreshes_normally() {
    let world = World::new().await;
    let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
    let new = Jar::of(&refresh(&device, &old, &expiry).await);
    for seconds in [0, 30, 30] {
        world.advance(seconds);
        let again = Jar::of(refresh(&device, &new, &expiry).await.assert_status(200));
        assert_eq!(again.refresh, new.refresh);
    }
    world.advance(1);
    let next = Jar::of(refresh(&device, &new, &expiry).await.assert_status(200));
    assert_ne!(next.refresh, new.refresh, "the requests in between did not extend grace");
    assert_eq!(generation(&world, &next).await, 2);
}

#[tokio::test]
async fn a_client_with_tokens_in_the_body_sends_the_same_claim() {
    let world = World::new().await;
    let device = world.device();
    let login = device.login(&world.assertion("alice")).await;
    world.advance(3_500);
    let second = Tokens::of(&device.refresh(&login.text("refresh_token")).await);
    let body = json!({"refresh_token": second.refresh, "replaces": login.body["expires_at"]});
    let again = Tokens::of(device.post("/api/auth/refresh", body).await.assert_status(200));
    assert_eq!(again.refresh, second.refresh);
}

#[tokio::test]
async fn a_thief_that_claims_to_be_overtaken_rotates_and_is_detected() {
    for rules in [Vec::new(), vec![("RISK_RULES", "device_changed=off")]] {
        let world = World::with(&rules).await;
        let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
        let new = Jar::of(&refresh(&device, &old, &expiry).await);
        let thief = world.device().agent(FIREFOX);
        let stolen = Jar::of(refresh(&thief, &new, &expiry).await.assert_status(200));
        assert_ne!(stolen.refresh, new.refresh, "another device gets a rotation, not the current token");
        refresh(&device, &new, &expiry).await.assert_ended("security");
        refresh(&thief, &stolen, &expiry).await.assert_ended("security");
        assert_eq!(world.count_events("alice", "token_reused").await, 1);
    }
}

#[tokio::test]
async fn a_claim_from_another_network_is_answered_and_recorded() {
    let world = World::new().await;
    let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
    let new = Jar::of(&refresh(&device, &old, &expiry).await);
    let before = world.row("alice", &new.session).await.unwrap();
    world.advance(1);
    for tab in [device.clone(), device.clone().at("203.0.113.50"), device.at("203.0.113.50")] {
        let again = Jar::of(refresh(&tab, &new, &expiry).await.assert_status(200));
        assert_eq!(again.refresh, new.refresh, "tabs of one browser may use two networks");
    }
    assert_eq!(
        world.count_events("alice", "token_replayed").await,
        1,
        "one event, no matter how many tabs ask"
    );
    let after = world.row("alice", &new.session).await.unwrap();
    let facts = |row: &Session| {
        (row.client.clone(), row.rotated_at, row.last_activity, row.window, row.findings.len())
    };
    assert_eq!(facts(&after), facts(&before), "the session's row does not change");
}

#[tokio::test]
async fn a_rule_on_networks_is_judged_before_any_claim() {
    let claimed = async |rules| {
        let world = World::with(&[("RISK_RULES", rules)]).await;
        let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
        let new = Jar::of(&refresh(&device, &old, &expiry).await);
        let reply = refresh(&device.at("203.0.113.50"), &new, &expiry).await;
        (world, new, reply)
    };
    let (_, _, ended) = claimed("ip_changed=end").await;
    ended.assert_ended("security");
    let (world, new, alerted) = claimed("ip_changed=alert").await;
    assert_ne!(Jar::of(alerted.assert_status(200)).refresh, new.refresh, "it rotates and is recorded");
    assert_eq!(world.count_events("alice", "ip_changed").await, 1);
}

#[tokio::test]
async fn a_claim_from_another_country_alerts_in_any_network() {
    let world = World::behind_cloudfront(&[]).await;
    let login = world.device().in_city(BERLIN).login_in_browser(&world.assertion("alice")).await;
    world.advance(3_500);
    let (old, expiry) = (Jar::of(&login), login.body["expires_at"].clone());
    let new = Jar::of(&refresh(&world.device().in_city(BERLIN), &old, &expiry).await);
    // IPv4 and IPv6 networks are not compared, but locations are.
    let over_ipv6 = |city: City| world.device().in_city(city.at("2001:db8::7:1024"));
    let same = Jar::of(refresh(&over_ipv6(BERLIN), &new, &expiry).await.assert_status(200));
    assert_eq!(same.refresh, new.refresh);
    let moved = Jar::of(refresh(&over_ipv6(PRAGUE), &new, &expiry).await.assert_status(200));
    assert_ne!(moved.refresh, new.refresh);
    assert_eq!(world.count_events("alice", "country_changed").await, 1);
}

#[tokio::test]
async fn a_claim_does_not_revive_an_ended_session() {
    for strategy in ["current", "all"] {
        let world = World::new().await;
        let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
        let new = Jar::of(&refresh(&device, &old, &expiry).await);
        device.revoke(&new.access, json!({"strategy": strategy})).await.assert_status(200);
        refresh(&device, &new, &expiry).await.assert_ended("signed_out").assert_cookies_cleared();
    }
}

#[tokio::test]
async fn a_claim_helps_neither_an_older_token_nor_an_ended_session() {
    let world = World::new().await;
    let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
    let reply = refresh(&device, &old, &expiry).await;
    let new = Jar::of(&reply);
    let next = Jar::of(&refresh(&device, &new, &reply.body["expires_at"]).await);
    refresh(&device, &old, &json!("1970-01-01T00:00:00Z")).await.assert_ended("security");
    refresh(&device, &next, &expiry).await.assert_ended("security").assert_cookies_cleared();
}

#[tokio::test]
async fn an_overtaken_tab_does_not_count_towards_the_limit() {
    let world = World::with(&[("LIMIT_REFRESH", "1/5m/15m")]).await;
    let (device, (old, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
    let reply = refresh(&device, &old, &expiry).await;
    let new = Jar::of(&reply);
    for _ in 0..3 {
        refresh(&device, &new, &expiry).await.assert_status(200);
    }
    let full = refresh(&device, &new, &reply.body["expires_at"]).await;
    full.assert_problem(429, "rate_limited");
    let blocked = Jar::of(refresh(&device, &new, &expiry).await.assert_status(200));
    assert_eq!(blocked.refresh, new.refresh, "a repeat in grace gets the current token while blocked");
}

#[tokio::test]
async fn an_invalid_time_in_a_claim_is_named_in_the_error() {
    let world = World::new().await;
    let (device, (old, _)) = (world.device(), sign_in_with_expiry(&world).await);
    let texts = ["", "soon", "1732442400", "2026-09-21"].map(Value::from);
    for wrong in texts.into_iter().chain([json!(1_732_442_400), json!({}), json!([])]) {
        let reply = refresh(&device, &old, &wrong).await;
        reply.assert_problem(400, "invalid_request").assert_no_cookie();
        assert!(reply.text("detail").contains("replaces"), "{}", reply.body);
    }
    assert_eq!(generation(&world, &old).await, 0);
}

/// A refresh of a tab that is not coordinated with the others.
enum PendingRefresh {
    Request(Jar),
    Answer(Jar),
}

/// Wakes ten tabs. In each step, one tab sends its request, the server handles one request, or one response arrives. A
/// step is up to a second after the one before.
async fn play_wake_up(settings: &[(&str, &str)], after: u64, steps: &[usize]) {
    let world = World::with(settings).await;
    let (device, (mut cookies, expiry)) = (world.device(), sign_in_with_expiry(&world).await);
    world.advance(after);
    let mut asleep = 10;
    let mut in_flight: Vec<PendingRefresh> = vec![];
    for step in steps.iter().copied().chain(std::iter::repeat(0)) {
        let choices = in_flight.len() + usize::from(asleep > 0);
        if choices == 0 {
            break;
        }
        world.advance((step / 100 % 2) as u64);
        let choice = step % choices;
        if choice == in_flight.len() {
            asleep -= 1;
            in_flight.push(PendingRefresh::Request(cookies.clone()));
            continue;
        }
        match in_flight.swap_remove(choice) {
            PendingRefresh::Request(jar) => {
                let reply = refresh(&device, &jar, &expiry).await;
                in_flight.push(PendingRefresh::Answer(Jar::of(reply.assert_status(200))));
            }
            PendingRefresh::Answer(jar) => cookies = jar,
        }
    }
    assert_eq!(generation(&world, &cookies).await, 1, "all tabs get the same new token");
    world.advance(600);
    refresh(&device, &cookies, &Value::Null).await.assert_status(200);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn uncoordinated_tabs_are_never_treated_as_token_reuse(steps in vec(0..1_000_usize, 30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(play_wake_up(&[], 0, &steps));
        runtime.block_on(play_wake_up(&LAST_HOUR, 600, &steps));
    }
}
