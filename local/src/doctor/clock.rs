//! Does this machine's clock agree with DynamoDB's? Tokens, limits and AWS's signatures depend on the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use latchkey::domain::time::Timestamp;

use super::Check;
use crate::dev_controls::{Layer, wrap};

/// Allows for the way of a response and for the whole seconds of its header.
const TOLERANCE_SECONDS: u64 = 5;

/// The value before the first response with a date.
const NEVER: i64 = i64::MIN;

/// The `Date` header of the last response. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct DateHeader(Arc<AtomicI64>);

impl Default for DateHeader {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(NEVER)))
    }
}

impl DateHeader {
    /// Reads the header of each response that `client` receives.
    pub(super) fn watch(&self, client: SharedHttpClient) -> SharedHttpClient {
        wrap(self.clone(), client)
    }

    /// Compares `now`, the time right after the last response, with its date. `None` if there was none.
    pub(super) fn compared_with(&self, now: Timestamp) -> Option<Check> {
        let theirs = self.0.load(Ordering::Relaxed);
        if theirs == NEVER {
            return None;
        }
        let apart = now.seconds().abs_diff(theirs);
        if apart <= TOLERANCE_SECONDS {
            let text = format!("This machine's clock is within {TOLERANCE_SECONDS} s of DynamoDB's.");
            return Some(Check::passed("clock", text));
        }
        let direction = if now.seconds() > theirs { "ahead of" } else { "behind" };
        let problem = format!("This machine's clock is {apart} s {direction} DynamoDB's.");
        let action = "Set it by NTP: tokens and limits depend on it, and AWS refuses calls that are more than 300 s off.";
        Some(Check::failed("clock", problem, action))
    }
}

impl Layer for DateHeader {
    fn call(&self, inner: &SharedHttpConnector, request: HttpRequest) -> HttpConnectorFuture {
        let (seen, call) = (self.clone(), inner.call(request));
        HttpConnectorFuture::new(async move {
            let response = call.await?;
            let date = response.headers().get("date");
            if let Some(Ok(date)) = date.map(|text| DateTime::from_str(text, Format::HttpDate)) {
                seen.0.store(date.secs(), Ordering::Relaxed);
            }
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(theirs: i64) -> DateHeader {
        let seen = DateHeader::default();
        seen.0.store(theirs, Ordering::Relaxed);
        seen
    }

    #[test]
    fn a_clock_may_be_5_seconds_off() {
        let check = |ours| seen(1_000).compared_with(Timestamp::from_seconds(ours)).unwrap();
        for ours in [995, 1_000, 1_005] {
            assert!(!check(ours).is_failed(), "{ours}");
        }
        assert!(check(1_006).to_string().contains("6 s ahead of"), "{}", check(1_006));
        assert!(check(994).to_string().contains("6 s behind"), "{}", check(994));
    }

    #[test]
    fn without_a_response_there_is_no_check() {
        assert_eq!(DateHeader::default().compared_with(Timestamp::from_seconds(0)), None);
    }
}
