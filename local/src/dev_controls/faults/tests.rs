use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, KeysAndAttributes, PutRequest, TransactWriteItem, WriteRequest};

use super::*;
use crate::engine::Engine;
use crate::testing::{self, TABLE, create_table, get, text};

async fn faulty() -> (Faults, Client) {
    let faults = Faults::new();
    let client = testing::client(faults.wrap(Engine::memory().unwrap().client()));
    create_table(&client).await;
    (faults, client)
}

async fn put(client: &Client, value: &str) -> Result<(), Option<String>> {
    let put = client.put_item().table_name(TABLE).item("id", text("a")).item("value", text(value));
    match put.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(error)) => Err(error.err().code().map(str::to_owned)),
        Err(SdkError::DispatchFailure(error)) if error.is_timeout() => Err(None),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_timeout_after_commit_writes_the_item() {
    let (faults, client) = faulty().await;
    faults.queue(Some("PutItem"), FaultKind::TimeoutAfterCommit, 1);
    assert_eq!(put(&client, "written").await, Err(None));
    assert_eq!(get(&client, "a").await.as_deref(), Some("written"));
}

#[tokio::test]
async fn a_timeout_before_the_call_writes_nothing() {
    let (faults, client) = faulty().await;
    faults.queue(Some("PutItem"), FaultKind::TimeoutBefore, 1);
    assert_eq!(put(&client, "lost").await, Err(None));
    assert_eq!(get(&client, "a").await, None);
}

#[tokio::test]
async fn a_refusal_has_dynamodbs_error_and_writes_nothing() {
    let (faults, client) = faulty().await;
    for (kind, code) in [
        (FaultKind::Throttle, "ProvisionedThroughputExceededException"),
        (FaultKind::Conflict, "TransactionConflictException"),
        (FaultKind::Error500, "InternalServerError"),
    ] {
        faults.queue(None, kind, 1);
        assert_eq!(put(&client, "refused").await, Err(Some(code.to_owned())));
        assert_eq!(get(&client, "a").await, None);
    }
}

#[tokio::test]
async fn a_conflict_cancels_a_transaction_with_a_reason_for_each_item() {
    let (faults, client) = faulty().await;
    faults.queue(None, FaultKind::Conflict, 1);
    assert_eq!(get(&client, "a").await, None, "a conflict does not apply to a read");
    let mut transaction = client.transact_write_items();
    for id in ["a", "b", "c"] {
        let delete = Delete::builder().table_name(TABLE).key("id", text(id)).build().unwrap();
        transaction = transaction.transact_items(TransactWriteItem::builder().delete(delete).build());
    }
    let error = transaction.send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("{error:?}");
    };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    assert_eq!(codes, ["TransactionConflict"; 3]);
}

#[tokio::test]
async fn a_cut_batch_returns_the_other_items_as_unprocessed() {
    let (faults, client) = faulty().await;
    faults.queue(None, FaultKind::LeftOver, 3);
    assert_eq!(put(&client, "a single write is whole").await, Ok(()));
    let write = |ids: &[&str]| {
        let put = |id: &&str| PutRequest::builder().item("id", text(id)).item("value", text("new")).build();
        let writes = ids.iter().map(|id| WriteRequest::builder().put_request(put(id).unwrap()).build());
        client.batch_write_item().request_items(TABLE, writes.collect()).send()
    };
    let left = write(&["b", "c", "d"]).await.unwrap().unprocessed_items.unwrap_or_default();
    assert_eq!(left[TABLE].len(), 2);
    assert_eq!((get(&client, "b").await.as_deref(), get(&client, "c").await), (Some("new"), None));
    let left = write(&["e"]).await.unwrap().unprocessed_items.unwrap_or_default();
    assert!(left.is_empty(), "one item is carried out: {left:?}");
    let keys = ["a", "b"].map(|id| [("id".to_owned(), text(id))].into());
    let keys = KeysAndAttributes::builder().set_keys(Some(keys.into())).consistent_read(true).build();
    let reply = client.batch_get_item().request_items(TABLE, keys.unwrap()).send().await.unwrap();
    assert_eq!(reply.responses.unwrap()[TABLE].len(), 1);
    let left = &reply.unprocessed_keys.unwrap()[TABLE];
    assert_eq!((left.keys().len(), left.consistent_read()), (1, Some(true)));
    assert_eq!(faults.pending(), 0);
}

#[tokio::test]
async fn a_fault_applies_to_its_operation_as_often_as_it_was_queued() {
    let (faults, client) = faulty().await;
    faults.queue(Some("PutItem"), FaultKind::Throttle, 2);
    assert_eq!(get(&client, "a").await, None);
    assert_eq!(faults.pending(), 2);
    assert!(put(&client, "1").await.is_err());
    assert!(put(&client, "2").await.is_err());
    assert_eq!(put(&client, "3").await, Ok(()));
    assert_eq!(faults.pending(), 0);
}

#[test]
fn clearing_one_operation_leaves_the_others() {
    let faults = Faults::new();
    faults.queue(Some("PutItem"), FaultKind::Throttle, 1);
    faults.queue(Some("GetItem"), FaultKind::Throttle, 2);
    faults.queue(None, FaultKind::Throttle, 4);
    faults.clear(Some("GetItem"));
    assert_eq!(faults.pending(), 5);
    faults.clear(None);
    assert_eq!(faults.pending(), 0);
}
