//! Does this machine's clock agree with DynamoDB's? Tokens, limits and AWS's signatures all go by the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use latchkey::domain::time::Timestamp;

use super::Finding;
use crate::dev_controls::{Layer, wrap};

/// More than an answer's way and the whole seconds of its header.
const TOLERANCE_SECONDS: u64 = 5;

/// No answer said when it was.
const NEVER: i64 = i64::MIN;

/// The `Date` of the last answer. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct DateSeen(Arc<AtomicI64>);

impl Default for DateSeen {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(NEVER)))
    }
}

impl DateSeen {
    /// `client`, watched.
    pub(super) fn watch(&self, client: SharedHttpClient) -> SharedHttpClient {
        wrap(self.clone(), client)
    }

    /// What the clock is like, if any answer said when it was; `now` is right after that answer.
    pub(super) fn held_against(&self, now: Timestamp) -> Option<Finding> {
        let theirs = self.0.load(Ordering::Relaxed);
        if theirs == NEVER {
            return None;
        }
        let apart = now.seconds().abs_diff(theirs);
        if apart <= TOLERANCE_SECONDS {
            return Some(Finding::good("clock", format!("within {TOLERANCE_SECONDS} s of DynamoDB's")));
        }
        let way = if now.seconds() > theirs { "ahead of" } else { "behind" };
        let what = format!("this machine's clock is {apart} s {way} DynamoDB's");
        let mend = "set it by NTP: tokens and limits go by it, and AWS refuses calls that are 300 s off";
        Some(Finding::wrong("clock", what, mend))
    }
}

impl Layer for DateSeen {
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

    fn seen(theirs: i64) -> DateSeen {
        let seen = DateSeen::default();
        seen.0.store(theirs, Ordering::Relaxed);
        seen
    }

    #[test]
    fn a_clock_may_be_a_few_seconds_off_and_no_more() {
        let held = |ours| seen(1_000).held_against(Timestamp::from_seconds(ours)).unwrap();
        for ours in [995, 1_000, 1_005] {
            assert!(!held(ours).is_wrong(), "{ours}");
        }
        assert!(held(1_006).to_string().contains("6 s ahead of"), "{}", held(1_006));
        assert!(held(994).to_string().contains("6 s behind"), "{}", held(994));
    }

    #[test]
    fn without_an_answer_nothing_is_said() {
        assert_eq!(DateSeen::default().held_against(Timestamp::from_seconds(0)), None);
    }
}
