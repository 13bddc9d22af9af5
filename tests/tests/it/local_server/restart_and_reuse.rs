//! Does a new process forget a theft, or what would make one? Killed before and after it is noticed.

use serde_json::json;

use super::process::{Server, Tokens};

#[tokio::test]
async fn a_killed_server_forgets_no_generation() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::on(directory.path(), 0).await;
    let port = server.address.port();
    let (stolen, other) = (server.sign_in("alice").await, server.sign_in("alice").await);
    let newest = Tokens::of(&server.refresh(&stolen.refresh).await);
    server.kill().await;
    // The old token comes to a process that never saw its session.
    let server = Server::on(directory.path(), port).await;
    assert_eq!(server.post("/dev/clock", json!({"advance_seconds": 61})).await.status, 200);
    let reused = server.refresh(&stolen.refresh).await;
    assert_eq!((reused.status, reused.json()["reason"].clone()), (401, json!("security")), "{}", reused.text);
    server.kill().await;
    // And the newest one to another, which did not see the theft.
    let server = Server::on(directory.path(), port).await;
    for token in [&newest.refresh, &stolen.refresh] {
        let refused = server.refresh(token).await;
        assert_eq!((refused.status, refused.json()["reason"].clone()), (401, json!("security")));
    }
    assert_eq!(server.list(&newest.access).await.json()["reason"], "security");
    let trail = server.request("GET", "/api/auth/sessions/events?type=token_reused").bearer(&other.access);
    let trail = trail.send(server.address).await.json();
    assert_eq!(trail["events"].as_array().map(Vec::len), Some(1), "{trail}");
    assert_eq!(server.refresh(&other.refresh).await.status, 200, "her other session goes on");
}
