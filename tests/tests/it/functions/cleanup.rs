//! Cleanup as the schedule starts it: its real binary, with tables and without keys.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::store::Consumed;
use latchkey::store::schema::Bucket;
use latchkey_tests::binary::built;
use latchkey_tests::event::Event;
use latchkey_tests::lambda::{Function, RuntimeApi};
use serde_json::json;

use super::deployment::Deployment;

/// The events that start a cleanup.
const CLEANUPS: [&str; 2] = ["cleanup-scheduled", "cleanup-action"];

/// The events that the schedules may send.
pub(crate) const SAMPLES: [&str; 3] = ["cleanup-scheduled", "cleanup-action", "count-action"];

async fn start(deployment: &Deployment, changes: &[(&str, &str)]) -> Result<Function, String> {
    let api = RuntimeApi::start().await.timeout(Duration::from_secs(120));
    start_on(api, deployment, changes).await
}

async fn start_on(
    api: RuntimeApi,
    deployment: &Deployment,
    changes: &[(&str, &str)],
) -> Result<Function, String> {
    let mut settings = deployment.settings("cleanup");
    settings.retain(|name, _| name == "AWS_ENDPOINT_URL_DYNAMODB");
    settings.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    api.spawn(built("cleanup"), settings).await.map_err(|error| error.to_string())
}

/// Signs a user in and changes the row so that the session expired ten days ago.
async fn expired(deployment: &Deployment, user: &str) -> String {
    let tokens = deployment.sign_in(user, &Event::from_file("login-body")).await;
    let world = &deployment.world;
    let end = world.now().before(Duration::from_secs(10 * 86_400));
    let bucket = Bucket::of_session(&tokens.session.parse().expect("an id"), end, 16);
    let mut row = world.raw_row(user, &tokens.session).await.expect("the row");
    row.insert("e".into(), AttributeValue::N(end.seconds().to_string()));
    row.insert("eb".into(), AttributeValue::S(bucket.to_string()));
    world.put_row(row).await;
    tokens.session
}

#[tokio::test]
async fn the_events_of_the_schedule_start_a_cleanup() {
    for name in CLEANUPS {
        let deployment = Deployment::new().await;
        let mut function = start(&deployment, &[]).await.expect("it starts without a key");
        let session = expired(&deployment, name).await;
        let report = function.invoke(Event::from_file(name).build()).await.expect("it answers");
        assert_eq!((&report["ended"], &report["remaining"]), (&json!(1), &json!(false)), "{name}: {report}");
        assert!(deployment.world.raw_row(name, &session).await.is_none());
        assert_eq!(deployment.world.count_events(name, "session_ended").await, 1);
        let logs = function.logs().join("\n");
        assert!(logs.contains("cleanup finished") && logs.contains("\"EndedExpired\":1"), "{logs}");
    }
}

#[tokio::test]
async fn the_event_of_the_second_schedule_counts_the_hours_of_the_overview() {
    let deployment = Deployment::new().await;
    deployment.sign_in("alice", &Event::from_file("login-body")).await;
    let mut function = start(&deployment, &[]).await.expect("it starts without a key");
    let answer = function.invoke(Event::from_file("count-action").build()).await.expect("it answers");
    assert_eq!(answer, json!(null));
    let now = deployment.world.now();
    let hours = deployment.world.server.store.read_hours(now.start_of_hour(), now).await.expect("the rows");
    assert_eq!(hours.len(), 1, "{hours:?}");
    assert_eq!((hours[0].counts.sign_ins, hours[0].live_sessions), (1, Some(1)));
}

#[tokio::test]
async fn a_deadline_in_the_past_stops_no_cleanup() {
    let deployment = Deployment::new().await;
    let api = RuntimeApi::start().await.timeout(Duration::from_secs(60)).past_deadlines();
    let mut function = start_on(api, &deployment, &[]).await.expect("it starts");
    expired(&deployment, "alice").await;
    let report = function.invoke(json!({"action": "cleanup"})).await.expect("it answers");
    assert_eq!((&report["ended"], &report["remaining"]), (&json!(1), &json!(false)), "{report}");
}

/// Thirty seconds are kept for the end of a run, so that nothing fits into the time before this deadline.
#[tokio::test]
async fn a_run_without_enough_time_is_counted_as_behind() {
    let deployment = Deployment::new().await;
    let api = RuntimeApi::start().await.timeout(Duration::from_secs(20));
    let mut function = start_on(api, &deployment, &[]).await.expect("it starts");
    expired(&deployment, "alice").await;
    let report = function.invoke(json!({"action": "cleanup"})).await.expect("it answers");
    assert_eq!((&report["ended"], &report["remaining"]), (&json!(0), &json!(true)), "{report}");
    let logs = function.logs().join("\n");
    assert!(logs.contains("\"CleanupRemaining\":1"), "{logs}");
}

/// The schedule may deliver an event twice. An error would be retried, become a dead letter and raise an alarm.
#[tokio::test]
async fn the_schedules_event_does_nothing_while_another_run_has_the_lease() {
    let deployment = Deployment::new().await;
    let session = expired(&deployment, "alice").await;
    let store = &deployment.world.server.store;
    let now = deployment.world.now();
    let taken = store.take_lease("another", now + Duration::from_secs(120), now, &Consumed::default()).await;
    assert!(taken.expect("the engine answers"));
    let mut function = start(&deployment, &[]).await.expect("it starts");
    let answer = function.invoke(json!({"action": "cleanup"})).await.expect("it is no error");
    assert_eq!(answer, json!(null));
    assert!(deployment.world.raw_row("alice", &session).await.is_some());
    assert!(function.logs().join("\n").contains("another cleanup is already running"));
}

#[tokio::test]
async fn an_unknown_event_is_a_named_error_and_the_next_event_works() {
    let deployment = Deployment::new().await;
    let session = expired(&deployment, "alice").await;
    let mut function = start(&deployment, &[]).await.expect("it starts");
    let refused = function.invoke(json!({"Records": []})).await.expect_err("it is no event of the schedule");
    assert!(refused.to_string().contains("unknown_event"), "{refused}");
    assert!(deployment.world.raw_row("alice", &session).await.is_some());
    let report = function.invoke(json!({"action": "cleanup"})).await.expect("it answers");
    assert_eq!(report["ended"], 1);
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_its_name() {
    let deployment = Deployment::new().await;
    let Err(error) = start(&deployment, &[("EXPIRY_SHARDS", "0")]).await else { panic!("it starts") };
    assert!(error.contains("EXPIRY_SHARDS: must be from 1 to 1024"), "{error}");
}
