//! The endpoints at which identity providers end sessions. An order is authentic by its signature, so that they take no credential
//! and no cookie.

mod backchannel;
mod events;
mod global_revocation;

use std::future::Future;

use axum::Router;
use axum::routing::post;

use crate::app::App;
use crate::app::provider_order::{ORDER_TIMEOUT, carry_out, count_failure};
use crate::domain::logout_order::LogoutOrder;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::token::fetch::KeysUnavailable;

/// The longest body, in bytes.
const ORDER_MAX_BYTES: usize = 8 * 1024;

/// The routes, which the revoke function serves.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/backchannel-logout", post(backchannel::logout))
        .route("/api/auth/global-token-revocation", post(global_revocation::revoke))
        .route("/api/auth/ssf/events", post(events::receive))
}

/// Why an order is not carried out.
enum Refusal {
    /// The order is wrong.
    Wrong(Problem),
    /// The keys of its issuer cannot be fetched, so that it may be authentic.
    KeysUnavailable(KeysUnavailable),
}

/// Verifies and carries out orders within the time of a request.
///
/// # Errors
/// The refusal. 503 if the issuer's keys or the store could not be reached in that time, which is counted.
async fn obey(
    app: &App,
    now: Timestamp,
    verified: impl Future<Output = Result<Vec<LogoutOrder>, Refusal>>,
) -> Result<(), Problem> {
    let obeyed = async {
        for order in verified.await? {
            carry_out(app, &order, now).await.map_err(|error| Refusal::Wrong(error.into()))?;
        }
        Ok(())
    };
    let problem = match tokio::time::timeout(ORDER_TIMEOUT, obeyed).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(Refusal::Wrong(problem))) => problem,
        Ok(Err(Refusal::KeysUnavailable(error))) => error.into(),
        Err(_) => Problem::of(Code::StoreUnavailable).because("the order was not carried out in time"),
    };
    if problem.is_server_error() {
        count_failure(app);
    }
    Err(problem)
}
