//! The index of all events, in tables of this version and of an earlier one.

use aws_sdk_dynamodb::types::{DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use latchkey::store::schema::{FLEET_INDEX, create_tables};
use latchkey_tests::world::World;

use super::{EVENTS, administrator, read_all};

/// `latchkey-local` keeps its data between versions.
#[tokio::test]
async fn a_table_from_before_the_index_gets_it_at_the_next_start() {
    let world = World::new().await;
    world.device().sign_in("alice").await;
    let admin = administrator(&world).await;
    let (database, events) = (world.dynamodb(), world.tables().security_events.clone());
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(FLEET_INDEX).build().unwrap();
    let update = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
    let request = database.update_table().table_name(&events).global_secondary_index_updates(update);
    request.send().await.expect("the engine deletes an index");
    admin.get(EVENTS).await.assert_problem(503, "store_unavailable");
    create_tables(&database, world.tables()).await.expect("the index is added");
    world.device().sign_in("bob").await;
    let users = read_all(&admin, &format!("{EVENTS}?type=login"), "events", "user_id").await;
    assert!(users.contains(&"bob".to_owned()), "{users:?}");
    create_tables(&database, world.tables()).await.expect("a second start changes nothing");
}
