//! A server is killed before and after it detects a theft. The next server has neither lost the generation nor the end.

use serde_json::json;

use super::process::{Server, Tokens};

#[tokio::test]
async fn a_killed_server_loses_no_generation() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::on(directory.path(), 0).await;
    let port = server.address.port();
    let (stolen, other) = (server.sign_in("alice").await, server.sign_in("alice").await);
    let newest = Tokens::of(&server.refresh(&stolen.refresh).await);
    server.kill().await;
    // The old token is sent to a process that has not handled this session before.
    let server = Server::on(directory.path(), port).await;
    assert_eq!(server.post("/dev/clock", json!({"advance_seconds": 61})).await.status, 200);
    let reused = server.refresh_elsewhere(&stolen.refresh).await;
    assert_eq!((reused.status, reused.json()["reason"].clone()), (401, json!("security")), "{}", reused.text);
    server.kill().await;
    // The newest token is sent to another process, which did not detect the theft itself.
    let server = Server::on(directory.path(), port).await;
    for token in [&newest.refresh, &stolen.refresh] {
        let refused = server.refresh(token).await;
        assert_eq!((refused.status, refused.json()["reason"].clone()), (401, json!("security")));
    }
    assert_eq!(server.list(&newest.access).await.json()["reason"], "security");
    let trail = server.request("GET", "/api/auth/sessions/events?type=token_reused").bearer(&other.access);
    let trail = trail.send(server.address).await.json();
    assert_eq!(trail["events"].as_array().map(Vec::len), Some(1), "{trail}");
    assert_eq!(server.refresh(&other.refresh).await.status, 200, "the user's other session continues");
}
