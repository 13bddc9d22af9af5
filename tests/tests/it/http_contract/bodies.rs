//! Bodies have a maximum size, are JSON, and have each member once. An error names the field but never its value.

use latchkey_tests::world::World;
use serde_json::json;

const JSON: &str = "application/json";

/// Every route that reads a JSON body.
const READERS: [&str; 3] = ["/api/auth/login", "/api/auth/refresh", "/api/auth/revoke"];

#[tokio::test]
async fn a_body_over_16_kib_is_413() {
    let world = World::new().await;
    let device = world.device();
    for path in READERS {
        let body = |length: usize| {
            let frame = r#"{"x":""}"#;
            format!(r#"{{"x":"{}"}}"#, "y".repeat(length - frame.len()))
        };
        let most = device.send("POST", path, Some(JSON), body(16 * 1024)).await;
        assert!([400, 401].contains(&most.status.as_u16()), "{path}: {}", most.body);
        for length in [16 * 1024 + 1, 1024 * 1024] {
            let reply = device.send("POST", path, Some(JSON), body(length)).await;
            reply.assert_problem(413, "body_too_large").assert_no_cookie();
        }
    }
}

#[tokio::test]
async fn every_body_that_is_not_json_is_400() {
    let world = World::new().await;
    let device = world.device();
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let bodies: [&[u8]; 13] = [
        b"{",
        b"}",
        b"nonsense",
        b"{\"strategy\":\"all\"} x",
        b"{\"strategy\":\"all\"}{}",
        b"{'strategy':'all'}",
        b"{\"strategy\":\"all\",}",
        b"\xef\xbb\xbf{\"strategy\":\"all\"}",
        b"{\"strategy\":\"\xff\"}",
        b"{\"strategy\":NaN}",
        b"\"all\"",
        b"7",
        deep.as_bytes(),
    ];
    for path in READERS {
        for body in bodies {
            let reply = device.send("POST", path, Some(JSON), body.to_vec()).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!(
                (reply.status.as_u16(), reply.code()),
                (400, "invalid_request"),
                "{path} {shown}: {}",
                reply.body
            );
            reply.assert_problem(400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn an_unknown_member_of_great_depth_is_ignored() {
    let world = World::new().await;
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(8_000), "]".repeat(8_000));
    for path in READERS {
        let reply = world.device().send("POST", path, Some(JSON), deep.clone()).await;
        assert!([400, 401].contains(&reply.status.as_u16()), "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_repeated_member_is_400_and_named() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let (token, assertion) = (&tokens.refresh, world.assertion("bob"));
    let cases = [
        ("/api/auth/login", format!(r#"{{"assertion":"x","assertion":"{assertion}"}}"#), "assertion"),
        (
            "/api/auth/login",
            format!(r#"{{"assertion":"{assertion}","delivery":"cookie","delivery":"body"}}"#),
            "delivery",
        ),
        (
            "/api/auth/refresh",
            format!(r#"{{"refresh_token":"x","refresh_token":"{token}"}}"#),
            "refresh_token",
        ),
        ("/api/auth/revoke", r#"{"strategy":"current","strategy":"all"}"#.to_owned(), "strategy"),
        (
            "/api/auth/revoke",
            format!(r#"{{"strategy":"current","refresh_token":"x","refresh_token":"{token}"}}"#),
            "refresh_token",
        ),
        (
            "/api/auth/revoke",
            format!(r#"{{"strategy":"session","session_id":"x","session_id":"{}"}}"#, tokens.session),
            "session_id",
        ),
    ];
    for (path, body, field) in cases {
        let bearer =
            if path.ends_with("revoke") { device.clone().bearer(&tokens.access) } else { device.clone() };
        bearer.send("POST", path, Some(JSON), body).await.assert_field(field);
    }
    assert!(world.live("bob").await.is_empty());
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 0);
}

#[tokio::test]
async fn an_error_names_the_field_and_never_its_value() {
    let world = World::new().await;
    let device = world.device();
    let cases = [
        ("/api/auth/login", json!({}), "assertion"),
        ("/api/auth/login", json!({"assertion": 7}), "assertion"),
        ("/api/auth/login", json!({"assertion": null}), "assertion"),
        ("/api/auth/login", json!({"assertion": ["hush-hush"]}), "assertion"),
        ("/api/auth/login", json!({"assertion": {"hush-hush": 1}}), "assertion"),
        ("/api/auth/login", json!({"assertion": "x", "delivery": "hush-hush"}), "delivery"),
        ("/api/auth/refresh", json!({"refresh_token": 7}), "refresh_token"),
        ("/api/auth/refresh", json!({"refresh_token": ["hush-hush"]}), "refresh_token"),
        ("/api/auth/revoke", json!({"strategy": "hush-hush"}), "strategy"),
    ];
    for (path, body, field) in cases {
        let reply = device.post(path, body).await;
        reply.assert_field(field);
        assert!(!reply.body.to_string().contains("hush"), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let world = World::new().await;
    let device = world.device();
    let body = json!({"assertion": world.assertion("alice"), "strategy": "all"}).to_string();
    let kinds = [
        "text/plain",
        "text/json",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/jsonp",
        "application/json, text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "",
    ];
    for path in READERS {
        for kind in kinds {
            let reply = device.send("POST", path, Some(kind), body.clone()).await;
            reply.assert_problem(415, "unsupported_media_type").assert_no_cookie();
        }
        device.send("POST", path, None, body.clone()).await.assert_problem(415, "unsupported_media_type");
        let zipped = device.clone().header("content-encoding", "gzip");
        zipped
            .send("POST", path, Some(JSON), body.clone())
            .await
            .assert_problem(415, "unsupported_media_type");
    }
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn every_json_content_type_is_accepted() {
    let world = World::new().await;
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
    ] {
        let body = json!({"assertion": world.assertion("alice"), "delivery": "body"}).to_string();
        let reply = world.device().send("POST", "/api/auth/login", Some(kind), body).await;
        assert_eq!(reply.status, 201, "{kind}: {}", reply.body);
    }
}
