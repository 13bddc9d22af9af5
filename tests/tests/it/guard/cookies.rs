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
