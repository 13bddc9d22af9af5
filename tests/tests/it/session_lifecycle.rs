//! The straight line: sign in, refresh, list, sign out.

use latchkey_tests::world::{Tokens, World};
use serde_json::json;

#[tokio::test]
async fn a_session_lives_from_sign_in_to_sign_out() {
    let world = World::new().await;
    let laptop = world.device();
    let first = laptop.sign_in("alice").await;
    let reply = laptop.refresh(&first.refresh).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let second = Tokens::of(&reply);
    assert_eq!(second.session, first.session);
    let list = laptop.list(&second.access).await;
    assert_eq!(list.body["sessions"][0]["session_id"], json!(first.session));
    let out = laptop.revoke(&second.access, json!({"strategy": "current"})).await;
    assert_eq!((out.status.as_u16(), &out.body["ended"]), (200, &json!(1)));
    let refused = laptop.list(&second.access).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "session_ended"));
    assert_eq!(refused.body["reason"], "signed_out");
}
