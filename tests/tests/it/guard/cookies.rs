//! The access cookie: browsers also send it for other sites, so unsafe methods need an allowed origin.

use latchkey_tests::world::{Jar, World};

use super::shop::{MODES, Mode, Shop};

async fn browser(world: &World) -> Jar {
    let login = world.device().login_in_browser(&world.assertion("alice")).await;
    Jar::of(login.assert_status(201))
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_use_every_method_with_the_cookie() {
    let shop = Shop::open().await;
    let line = browser(&shop.world).await.line();
    for mode in MODES {
        shop.call(mode, "GET", &[("cookie", &line)]).await.assert_status(200);
        for proof in [("sec-fetch-site", "same-origin"), ("origin", "http://localhost:9000")] {
            shop.call(mode, "POST", &[("cookie", &line), proof]).await.assert_status(200);
        }
    }
    assert_eq!(shop.served(), 6);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_unsafe_methods() {
    let shop = Shop::open().await;
    let line = browser(&shop.world).await.line();
    for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
        for proof in [
            ("accept", "*/*"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            for mode in MODES {
                let reply = shop.call(mode, method, &[("cookie", &line), proof]).await;
                reply.assert_problem(403, "csrf_rejected");
            }
        }
    }
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn two_cookies_of_one_name_are_refused() {
    let shop = Shop::open().await;
    let line = browser(&shop.world).await.line();
    let twice = format!("{line}; latchkey_access=tossed");
    for mode in MODES {
        shop.call(mode, "GET", &[("cookie", &twice)]).await.assert_field("cookie");
        shop.call(mode, "GET", &[("cookie", &line), ("cookie", &line)]).await.assert_field("cookie");
    }
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn a_refresh_cookie_alone_is_401_token_expired() {
    let shop = Shop::open().await;
    let line = browser(&shop.world).await.refresh_line();
    shop.call(Mode::Strict, "GET", &[("cookie", &line)]).await.assert_problem(401, "token_expired");
    let other_name = line.replace("latchkey_refresh", "__Host-latchkey_access");
    shop.call(Mode::Strict, "GET", &[("cookie", &other_name)]).await.assert_problem(401, "token_missing");
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn a_guard_on_a_sibling_host_reads_the_access_cookie_of_the_domain() {
    let shop = Shop::open_with(&[
        ("COOKIE_SECURE", "true"),
        ("COOKIE_DOMAIN", "example.com"),
        ("LATCHKEY_ISSUER", "https://auth.example.com/api/auth"),
        ("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com"),
    ])
    .await;
    let sign_in = async |user| {
        let reply = shop.world.device().login_in_browser(&shop.world.assertion(user)).await;
        reply.cookie("__Secure-latchkey_access").expect("an access cookie")
    };
    let (own, other) = (sign_in("alice").await, sign_in("mallory").await);
    let line = format!("__Secure-latchkey_access={own}");
    for mode in MODES {
        let reply = shop.call(mode, "GET", &[("cookie", &line)]).await;
        assert_eq!(reply.assert_status(200).body["sub"], "alice");
        for proof in [("sec-fetch-site", "same-origin"), ("origin", "https://app.example.com")] {
            shop.call(mode, "POST", &[("cookie", &line), proof]).await.assert_status(200);
        }
        for proof in [("sec-fetch-site", "same-site"), ("origin", "https://evil.example.com")] {
            let reply = shop.call(mode, "POST", &[("cookie", &line), proof]).await;
            reply.assert_problem(403, "csrf_rejected");
        }
        // The old cookie of one host does not count, and a second one of the domain is refused.
        let old = format!("__Host-latchkey_access={other}");
        shop.call(mode, "GET", &[("cookie", &old)]).await.assert_problem(401, "token_missing");
        let both = shop.call(mode, "GET", &[("cookie", &format!("{old}; {line}"))]).await;
        assert_eq!(both.assert_status(200).body["sub"], "alice");
        for twice in [
            format!("{line}; __Secure-latchkey_access={other}"),
            format!("__Secure-latchkey_access={other}; {line}"),
        ] {
            shop.call(mode, "GET", &[("cookie", &twice)]).await.assert_field("cookie");
        }
        // The price of the setting, which the documentation names: a sibling that replaces the cookie is not noticed here.
        let tossed =
            shop.call(mode, "GET", &[("cookie", &format!("__Secure-latchkey_access={other}"))]).await;
        assert_eq!(tossed.assert_status(200).body["sub"], "mallory");
    }
}
