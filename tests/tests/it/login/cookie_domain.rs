//! `COOKIE_DOMAIN`: the access cookie reaches the hosts of a domain, of which any may be an attacker's. The refresh cookie
//! stays on the API's host.

use latchkey_tests::world::{Device, Reply, World};
use serde_json::json;

const SETTINGS: [(&str, &str); 4] = [
    ("COOKIE_SECURE", "true"),
    ("COOKIE_DOMAIN", "example.com"),
    ("LATCHKEY_ISSUER", "https://auth.example.com/api/auth"),
    ("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com"),
];

const ACCESS: &str = "__Secure-latchkey_access";
const REFRESH: &str = "__Host-latchkey_refresh";
const BEFORE: &str = "__Host-latchkey_access";

/// The cookies of a signed-in browser.
struct Cookies {
    access: String,
    refresh: String,
    session: String,
}

impl Cookies {
    fn of(reply: &Reply) -> Self {
        let value = |name| reply.cookie(name).unwrap_or_else(|| panic!("no {name}: {}", reply.body));
        Self { access: value(ACCESS), refresh: value(REFRESH), session: reply.text("session_id") }
    }

    fn line(&self) -> String {
        format!("{ACCESS}={}; {REFRESH}={}", self.access, self.refresh)
    }
}

async fn sign_in(world: &World, user: &str) -> Cookies {
    let reply = world.device().login_in_browser(&world.assertion(user)).await;
    Cookies::of(reply.assert_status(201))
}

/// A page of the app on a sibling host, with these cookies.
fn page(world: &World, cookies: &str) -> Device {
    let device = world.device().header("cookie", cookies);
    device.header("origin", "https://app.example.com").header("sec-fetch-site", "same-site")
}

#[tokio::test]
async fn the_access_cookie_reaches_the_domain_and_the_refresh_cookie_stays() {
    let world = World::with(&SETTINGS).await;
    let login = world.device().login_in_browser(&world.assertion("alice")).await;
    let cookies = Cookies::of(login.assert_status(201));
    let refreshed = page(&world, &cookies.line()).post("/api/auth/refresh", json!({})).await;
    for reply in [&login, refreshed.assert_status(200)] {
        let (access, refresh) = (reply.cookie(ACCESS).unwrap(), reply.cookie(REFRESH).unwrap());
        let rest = "Path=/; Max-Age=604800; HttpOnly; Secure";
        let expected = format!("{ACCESS}={access}; Domain=example.com; {rest}; SameSite=Lax");
        assert_eq!(reply.cookie_line(ACCESS), Some(expected));
        let expected = format!("{REFRESH}={refresh}; {rest}; SameSite=Strict");
        assert_eq!(reply.cookie_line(REFRESH), Some(expected));
        let cleared = format!("{BEFORE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
        assert_eq!(reply.cookie_line(BEFORE), Some(cleared), "the cookie from before the setting");
    }
    let cookies = Cookies::of(&refreshed);
    page(&world, &cookies.line()).get("/api/auth/sessions").await.assert_status(200);
    let out = page(&world, &cookies.line()).post("/api/auth/revoke", json!({"strategy": "current"})).await;
    let cleared = format!("{ACCESS}=; Domain=example.com; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
    assert_eq!(out.assert_status(200).cookie_line(ACCESS), Some(cleared));
    assert_eq!((out.cookie(REFRESH).as_deref(), out.cookie(BEFORE).as_deref()), (Some(""), Some("")));
    assert_eq!(world.live("alice").await, [""; 0]);
}

#[tokio::test]
async fn the_access_cookie_of_one_host_is_not_read_any_more() {
    let world = World::with(&SETTINGS).await;
    let (old, new) = (sign_in(&world, "alice").await, sign_in(&world, "alice").await);
    let alone = format!("{BEFORE}={}", old.access);
    page(&world, &alone).get("/api/auth/sessions").await.assert_problem(401, "token_missing");
    // After the setting is changed, the client refreshes once and has the new cookie.
    let before = format!("{alone}; {REFRESH}={}", old.refresh);
    page(&world, &before).get("/api/auth/sessions").await.assert_problem(401, "token_expired");
    let both = format!("{alone}; {}", new.line());
    let list = page(&world, &both).get("/api/auth/sessions").await;
    let sessions = list.assert_status(200).body["sessions"].as_array().unwrap();
    let current = sessions.iter().find(|session| session["is_current"] == true).unwrap();
    assert_eq!(current["session_id"], json!(new.session));
}

#[tokio::test]
async fn an_access_cookie_that_a_sibling_replaced_is_not_accepted() {
    let world = World::with(&SETTINGS).await;
    let (victim, mallory) = (sign_in(&world, "alice").await, sign_in(&world, "mallory").await);
    let tossed = format!("{ACCESS}={}; {REFRESH}={}", mallory.access, victim.refresh);
    let page_of_victim = || page(&world, &tossed);
    page_of_victim().get("/api/auth/sessions").await.assert_problem(401, "token_expired");
    let others = page_of_victim().post("/api/auth/revoke", json!({"strategy": "others"})).await;
    others.assert_problem(401, "token_expired");
    assert_eq!(world.live("mallory").await.len(), 1, "the victim does not act for another user");
    // The status is that of the victim's session, also after the attacker's own session has ended.
    for _ in 0..2 {
        let status = page_of_victim().get("/api/auth/refresh").await;
        assert_eq!(status.body["session_id"], victim.session, "{}", status.body);
        assert_eq!((&status.body["state"], &status.body["needs_refresh"]), (&json!("expired"), &json!(true)));
        page(&world, &mallory.line()).post("/api/auth/revoke", json!({"strategy": "current"})).await;
    }
    // The refresh cookie is the victim's own, so a refresh repairs the access cookie.
    let refreshed = page_of_victim().post("/api/auth/refresh", json!({})).await;
    let repaired = Cookies::of(refreshed.assert_status(200));
    assert_eq!((refreshed.text("user_id"), &repaired.session), ("alice".to_owned(), &victim.session));
    page(&world, &repaired.line()).get("/api/auth/sessions").await.assert_status(200);
}

#[tokio::test]
async fn a_second_access_cookie_of_a_sibling_is_refused_and_signing_out_works() {
    let world = World::with(&SETTINGS).await;
    let (victim, mallory) = (sign_in(&world, "alice").await, sign_in(&world, "mallory").await);
    // A cookie with a longer path comes first.
    for twice in [
        format!("{ACCESS}={}; {}", mallory.access, victim.line()),
        format!("{}; {ACCESS}={}", victim.line(), mallory.access),
    ] {
        page(&world, &twice).get("/api/auth/sessions").await.assert_field("cookie");
        let others = page(&world, &twice).post("/api/auth/revoke", json!({"strategy": "others"})).await;
        others.assert_field("cookie");
    }
    let twice = format!("{ACCESS}={}; {}", mallory.access, victim.line());
    let out = page(&world, &twice).post("/api/auth/revoke", json!({"strategy": "current"})).await;
    assert_eq!(out.assert_status(200).body["ended"], 1);
    assert_eq!(out.cookie(REFRESH).as_deref(), Some(""));
    assert_eq!((world.live("alice").await.len(), world.live("mallory").await.len()), (0, 1));
}

#[tokio::test]
async fn no_sibling_can_toss_a_refresh_cookie() {
    let world = World::with(&SETTINGS).await;
    let mallory = sign_in(&world, "mallory").await;
    for name in ["__Secure-latchkey_refresh", "latchkey_refresh", "__host-latchkey_refresh"] {
        let tossed = format!("{name}={}", mallory.refresh);
        let reply = page(&world, &tossed).post("/api/auth/refresh", json!({})).await;
        reply.assert_problem(401, "token_missing");
    }
}

#[tokio::test]
async fn without_the_setting_a_cookie_of_the_domain_is_not_read() {
    let world = World::with(&[SETTINGS[0], SETTINGS[2], SETTINGS[3]]).await;
    let login = world.device().login_in_browser(&world.assertion("alice")).await;
    let tossed = format!("{ACCESS}={}", login.cookie(BEFORE).unwrap());
    page(&world, &tossed).get("/api/auth/sessions").await.assert_problem(401, "token_missing");
    assert!(login.cookie(ACCESS).is_none());
    assert!(!login.cookie_line(BEFORE).unwrap().contains("Domain"));
}

#[tokio::test]
async fn a_name_of_ones_own_replaces_the_names_of_both_cookies() {
    let world = World::with(&[SETTINGS[0], ("COOKIE_NAME", "shop")]).await;
    let login = world.device().login_in_browser(&world.assertion("alice")).await;
    let cookies = ["__Host-shop_access", "__Host-shop_refresh"]
        .map(|name| format!("{name}={}", login.cookie(name).unwrap_or_else(|| panic!("no {name}"))));
    let line = cookies.join("; ");
    world.device().cookies(&line).get("/api/auth/sessions").await.assert_status(200);
    let other = line.replace("__Host-shop", "__Host-latchkey");
    world.device().cookies(&other).get("/api/auth/sessions").await.assert_problem(401, "token_missing");
    let refreshed = world.device().refresh_with_cookies(&line).await;
    assert!(refreshed.assert_status(200).cookie("__Host-shop_refresh").is_some());
}
