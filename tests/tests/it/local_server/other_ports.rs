//! A page on another port of the machine: an app on the development server of Vite or Next.js, or plain HTML.

use serde_json::{Value, json};

use super::http_client::{Answer, Request};
use super::process::Server;
use crate::template::document::template;

const VITE: &str = "http://localhost:5173";

/// The origins of pages that the local server never permits.
const FOREIGN: [&str; 8] = [
    "https://evil.example",
    "null",
    "http://localhost.evil.example:5173",
    "http://evil.example:5173",
    "http://127.0.0.1.evil.example",
    "http://localhost:5173@evil.example",
    "http://localhost:5173, https://evil.example",
    "http://LOCALHOST:5173",
];

/// The preflight request of a page before it sends JSON.
fn preflight(server: &Server, path: &str, origin: &str) -> Request {
    let request = server.request("OPTIONS", path).header("Origin", origin);
    let asked = request.header("Access-Control-Request-Method", "POST");
    asked.header("Access-Control-Request-Headers", "content-type")
}

/// A request as a browser sends it for a page on another port.
fn from_page(server: &Server, method: &str, path: &str) -> Request {
    server.request(method, path).header("Origin", VITE).header("Sec-Fetch-Site", "same-site")
}

/// The CORS headers of a response, without their prefix.
fn cors(answer: &Answer) -> Vec<(&str, &str)> {
    let names = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("access-control-")?, value.as_str())));
    let mut headers: Vec<_> = names.collect();
    headers.sort_unstable();
    headers
}

/// The cookies that a response sets, as the browser sends them.
fn jar(answer: &Answer) -> String {
    let pairs = answer.header("set-cookie").into_iter().filter_map(|line| line.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

async fn sign_in(server: &Server, user: &str) -> Answer {
    let assertion = from_page(server, "POST", "/dev/assertion").json(&json!({"sub": user}));
    let assertion = assertion.send(server.address).await.member("assertion");
    let login = from_page(server, "POST", "/api/auth/login").json(&json!({"assertion": assertion}));
    login.send(server.address).await
}

/// A list of the template, as API Gateway writes it into a header.
fn joined(list: &Value) -> String {
    let items = list.as_array().expect("a list").iter().map(|item| item.as_str().expect("text"));
    items.collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn a_preflight_is_answered_as_the_template_configures_the_gateway() {
    let template = template();
    let properties = &template["Resources"]["HttpApi"]["Properties"];
    let configured = &properties["CorsConfiguration"]["Fn::If"][1];
    let (methods, asked, exposed) = (
        joined(&configured["AllowMethods"]),
        joined(&configured["AllowHeaders"]),
        joined(&configured["ExposeHeaders"]),
    );
    let server = Server::in_memory().await;
    let age = configured["MaxAge"].to_string();
    for path in ["/api/auth/login", "/api/auth/sessions/x", "/dev/assertion"] {
        let answer = preflight(&server, path, VITE).send(server.address).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
        let expected = [
            ("allow-credentials", "true"),
            ("allow-headers", &asked),
            ("allow-methods", &methods),
            ("allow-origin", VITE),
            ("max-age", &age),
        ];
        assert_eq!(cors(&answer), expected, "{path}");
    }
    let unknown = preflight(&server, "/api/auth/unknown", VITE).send(server.address).await;
    assert_eq!((unknown.status, cors(&unknown)), (404, vec![]));
    let answer = from_page(&server, "GET", "/api/auth/refresh").send(server.address).await;
    let expected = [("allow-credentials", "true"), ("allow-origin", VITE), ("expose-headers", &exposed)];
    assert_eq!((answer.status, cors(&answer)), (200, expected.to_vec()));
    assert!(answer.header("vary").contains(&"origin"), "a cache must not mix up the pages");
}

#[tokio::test]
async fn a_page_on_another_port_signs_in_refreshes_and_signs_out_with_cookies() {
    let server = Server::in_memory().await;
    let login = sign_in(&server, "alice").await;
    assert_eq!((login.status, login.header("access-control-allow-origin")), (201, vec![VITE]));
    let refresh = from_page(&server, "POST", "/api/auth/refresh").header("Cookie", &jar(&login));
    let refreshed = refresh.json(&json!({})).send(server.address).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    let list = from_page(&server, "GET", "/api/auth/sessions").header("Cookie", &jar(&refreshed));
    assert_eq!(list.send(server.address).await.json()["sessions"].as_array().map(Vec::len), Some(1));
    let out = from_page(&server, "POST", "/api/auth/revoke").header("Cookie", &jar(&refreshed));
    let out = out.json(&json!({"strategy": "current"})).send(server.address).await;
    assert_eq!((out.status, &out.json()["ended"]), (200, &json!(1)));
    // A page must also be able to read a refusal.
    let refused = from_page(&server, "GET", "/api/auth/sessions").send(server.address).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, vec![VITE]));
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_permission() {
    let server = Server::in_memory().await;
    let cookies = jar(&sign_in(&server, "alice").await);
    for origin in FOREIGN {
        for path in ["/api/auth/login", "/dev/assertion"] {
            let answer = preflight(&server, path, origin).send(server.address).await;
            assert_eq!((answer.status, cors(&answer)), (204, vec![]), "{origin}");
        }
        let status = server.request("GET", "/api/auth/refresh").header("Origin", origin);
        let status = status.header("Cookie", &cookies).send(server.address).await;
        assert_eq!((status.status, cors(&status)), (200, vec![]), "{origin}");
        let refresh = server.request("POST", "/api/auth/refresh").header("Origin", origin);
        let refresh = refresh.header("Cookie", &cookies).send(server.address).await;
        assert_eq!((refresh.status, refresh.code().as_str()), (403, "csrf_rejected"), "{origin}");
        let control = server.request("POST", "/dev/assertion").header("Origin", origin);
        let control = control.json(&json!({"sub": "alice"})).send(server.address).await;
        assert_eq!((control.status, cors(&control)), (403, vec![]), "{origin}");
    }
    let rebound = Request::new("OPTIONS", "/dev/assertion").header("Host", "evil.example:9000");
    let rebound = rebound.header("Origin", VITE).header("Access-Control-Request-Method", "POST");
    let rebound = rebound.send(server.address).await;
    assert_eq!((rebound.status, cors(&rebound)), (403, vec![]));
}

#[tokio::test]
async fn the_setting_narrows_the_pages_that_get_permission() {
    let only = [("LATCHKEY_ALLOWED_ORIGINS", VITE)];
    let server = Server::start_with(&["--memory", "--port", "0"], &only).await;
    assert_eq!(cors(&preflight(&server, "/api/auth/login", VITE).send(server.address).await).len(), 5);
    for other in ["http://localhost:5174", "http://127.0.0.1:5173", "https://localhost:5173"] {
        for path in ["/api/auth/login", "/dev/assertion"] {
            let answer = preflight(&server, path, other).send(server.address).await;
            assert_eq!((answer.status, cors(&answer)), (204, vec![]), "{other}");
        }
    }
    let cookies = jar(&sign_in(&server, "alice").await);
    let other = server.request("POST", "/api/auth/refresh").header("Origin", "http://localhost:5174");
    let other = other.header("Cookie", &cookies).send(server.address).await;
    assert_eq!(other.code(), "csrf_rejected");
}

#[tokio::test]
async fn two_projects_on_one_machine_do_not_sign_each_other_out() {
    let (shop, blog) = (Server::in_memory().await, Server::in_memory().await);
    // The browser sends the cookies of both to each, because cookies do not depend on the port.
    let mut cookies = [jar(&sign_in(&shop, "alice").await), jar(&sign_in(&blog, "bob").await)].join("; ");
    for (server, user) in [(&shop, "alice"), (&blog, "bob"), (&shop, "alice")] {
        let list = from_page(server, "GET", "/api/auth/sessions").header("Cookie", &cookies);
        let list = list.send(server.address).await;
        assert_eq!(list.status, 200, "{user}: {}", list.text);
        let refresh = from_page(server, "POST", "/api/auth/refresh").header("Cookie", &cookies);
        let refreshed = refresh.json(&json!({})).send(server.address).await;
        assert_eq!((refreshed.status, &refreshed.json()["user_id"]), (200, &json!(user)));
        let port = format!("latchkey_{}_", server.address.port());
        let others = cookies.split("; ").filter(|pair| !pair.starts_with(&port));
        cookies = others.chain(jar(&refreshed).split("; ")).collect::<Vec<_>>().join("; ");
    }
    assert_eq!(cookies.split("; ").count(), 4, "{cookies}");
    let out = from_page(&shop, "POST", "/api/auth/revoke").header("Cookie", &cookies);
    let out = out.json(&json!({"strategy": "current"})).send(shop.address).await;
    assert!(out.header("set-cookie").iter().all(|line| !line.contains(&blog.address.port().to_string())));
    let list = from_page(&blog, "GET", "/api/auth/sessions").header("Cookie", &cookies);
    assert_eq!(list.send(blog.address).await.status, 200);
}
