//! Runs many calls to the store, some at the same time.

use std::future::Future;

use tokio::task::JoinSet;

use super::StoreError;

/// Calls that one request makes at the same time. Each may need a connection of its own.
pub(crate) const AT_ONCE: usize = 16;

/// Runs all calls, 16 at a time, and returns their results in any order. The first error ends the others.
pub(crate) async fn in_parallel<T, F>(calls: impl IntoIterator<Item = F>) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
    T: Send + 'static,
{
    let (mut waiting, mut running, mut results) = (calls.into_iter(), JoinSet::new(), vec![]);
    loop {
        while running.len() < AT_ONCE
            && let Some(call) = waiting.next()
        {
            running.spawn(call);
        }
        match running.join_next().await {
            None => return Ok(results),
            Some(Ok(result)) => results.push(result?),
            Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn every_call_runs_and_at_most_sixteen_at_once() {
        let running = Arc::new(AtomicUsize::new(0));
        let calls = (0..100).map(|number| {
            let running = Arc::clone(&running);
            async move {
                assert!(running.fetch_add(1, Ordering::SeqCst) < AT_ONCE);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(number)
            }
        });
        let mut results = in_parallel(calls).await.unwrap();
        results.sort_unstable();
        assert_eq!(results, (0..100).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn the_first_error_is_returned() {
        let calls = (0..20)
            .map(|number| async move { if number == 3 { Err(StoreError::Contended) } else { Ok(number) } });
        assert!(matches!(in_parallel(calls).await, Err(StoreError::Contended)));
    }
}
