//! A server crashes during a request: before or after each of the store calls that the request makes.
//!
//! The client gets no response and repeats the request at the next server. The request must take effect exactly once.

use std::collections::BTreeMap;

use latchkey_tests::world::payload;
use serde_json::{Value, json};

use super::http_client::{Answer, Request};
use super::process::{Server, Tokens};

const KINDS: [&str; 2] = ["crash_before", "crash_after_commit"];
/// No request here makes more store calls than this.
const MOST_CALLS: u32 = 12;

/// Two sessions of one user. The first one has been refreshed.
struct Story {
    first: Tokens,
    /// The assertion of the first session.
    old_refresh: String,
    second: Tokens,
    assertion: String,
}

async fn story(server: &Server) -> Story {
    let opened = server.sign_in("alice").await;
    let first = Tokens::of(&server.refresh(&opened.refresh).await);
    let second = server.sign_in("alice").await;
    Story { first, old_refresh: opened.refresh, second, assertion: server.assertion("alice").await }
}

/// Crashes a server at each store call of the request `ask`, repeats the request at the next server, and passes the
/// response to `check`.
async fn at_each_call(
    ask: impl Fn(&Server, &Story) -> Request,
    check: impl AsyncFn(&Server, &Story, Answer, &str),
) {
    for kind in KINDS {
        let mut crashes = 0;
        for skip in 0..MOST_CALLS {
            let directory = tempfile::tempdir().expect("a directory");
            let server = Server::on(directory.path(), 0).await;
            let (story, port) = (story(&server).await, server.address.port());
            let fault = json!({"kind": kind, "skip": skip, "count": 1});
            assert_eq!(server.post("/dev/fault", fault).await.status, 200);
            if ask(&server, &story).try_send(server.address).await.is_some() {
                break;
            }
            assert!(!server.ended().await.status.success(), "{kind} {skip}");
            crashes += 1;
            // The next server needs the same address, because the address is in every token.
            let server = Server::on(directory.path(), port).await;
            let answer = ask(&server, &story).send(server.address).await;
            check(&server, &story, answer, &format!("{kind} at call {skip}")).await;
        }
        assert!((1..MOST_CALLS).contains(&crashes), "{kind}: {crashes} crashes");
    }
}

fn with_json(server: &Server, path: &str, body: &Value) -> Request {
    server.request("POST", path).json(body)
}

/// How many events of each type the user's trail has.
async fn trail(server: &Server) -> BTreeMap<String, usize> {
    let reader = server.sign_in("alice").await;
    let answer = server.request("GET", "/api/auth/sessions/events?limit=100").bearer(&reader.access);
    let answer = answer.send(server.address).await.json();
    let mut counts = BTreeMap::new();
    for event in answer["events"].as_array().expect("a trail") {
        *counts.entry(event["event_type"].as_str().expect("a type").to_owned()).or_default() += 1;
    }
    counts
}

async fn live(server: &Server, access: &str) -> usize {
    server.list(access).await.json()["sessions"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_retried_sign_in_finds_its_session_after_a_crash() {
    let ask = |server: &Server, story: &Story| {
        with_json(server, "/api/auth/login", &json!({"assertion": story.assertion, "delivery": "body"}))
    };
    at_each_call(ask, async |server, story, answer, at| {
        assert_eq!(answer.status, 201, "{at}: {}", answer.text);
        let tokens = Tokens::of(&answer);
        assert_eq!(live(server, &tokens.access).await, 3, "{at}");
        assert_eq!(server.refresh(&story.first.refresh).await.status, 200, "{at}");
        assert_eq!(
            trail(server).await.get("login"),
            Some(&4),
            "{at}: three logins, and that of the session that reads them"
        );
    })
    .await;
}

#[tokio::test]
async fn a_crash_during_a_refresh_advances_one_generation() {
    let ask = |server: &Server, story: &Story| {
        with_json(server, "/api/auth/refresh", &json!({"refresh_token": story.first.refresh}))
    };
    at_each_call(ask, async |server, story, answer, at| {
        assert_eq!(answer.status, 200, "{at}: {}", answer.text);
        let tokens = Tokens::of(&answer);
        assert_eq!(payload(&tokens.refresh)["gen"], 2, "{at}");
        assert_eq!(server.refresh(&tokens.refresh).await.status, 200, "{at}");
        assert_eq!(live(server, &story.second.access).await, 2, "{at}");
    })
    .await;
}

#[tokio::test]
async fn a_crash_during_a_sign_out_everywhere_leaves_all_or_nothing() {
    let ask = |server: &Server, story: &Story| {
        with_json(server, "/api/auth/revoke", &json!({"strategy": "all"})).bearer(&story.second.access)
    };
    at_each_call(ask, async |server, story, answer, at| {
        // The first attempt was carried out: then the caller's session has ended, too, and the response has the reason.
        let done_before = answer.status == 401 && answer.json()["reason"] == "signed_out";
        assert!(done_before || answer.json()["ended"] == 2, "{at}: {}", answer.text);
        for tokens in [&story.first, &story.second] {
            assert_eq!(server.refresh(&tokens.refresh).await.json()["reason"], "signed_out", "{at}");
            assert_eq!(server.list(&tokens.access).await.status, 401, "{at}");
        }
        assert_eq!(trail(server).await.get("session_ended"), Some(&2), "{at}");
    })
    .await;
}

#[tokio::test]
async fn a_crash_while_the_other_sessions_end_spares_the_callers_session() {
    let ask = |server: &Server, story: &Story| {
        server.request("DELETE", "/api/auth/sessions?scope=others").bearer(&story.second.access)
    };
    at_each_call(ask, async |server, story, answer, at| {
        assert_eq!(answer.status, 200, "{at}: {}", answer.text);
        assert_eq!(server.refresh(&story.first.refresh).await.status, 401, "{at}");
        assert_eq!(live(server, &story.second.access).await, 1, "{at}");
        assert_eq!(trail(server).await.get("session_ended"), Some(&1), "{at}");
    })
    .await;
}

#[tokio::test]
async fn a_crash_during_reuse_detection_records_the_reuse_once_and_ends_it() {
    // From another device, grace does not apply.
    let ask = |server: &Server, story: &Story| {
        with_json(server, "/api/auth/refresh", &json!({"refresh_token": story.old_refresh}))
            .header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0")
    };
    at_each_call(ask, async |server, story, answer, at| {
        assert_eq!((answer.status, answer.json()["reason"].as_str()), (401, Some("security")), "{at}");
        assert_eq!(server.refresh(&story.first.refresh).await.json()["reason"], "security", "{at}");
        assert_eq!(server.refresh(&story.second.refresh).await.status, 200, "{at}");
        let trail = trail(server).await;
        assert_eq!((trail.get("token_reused"), trail.get("session_ended")), (Some(&1), Some(&1)), "{at}");
    })
    .await;
}
