//! The local server: the handlers of the functions and everything around them in one process.
//!
//! ```text
//! socket -> gateway stand-in -> /api/auth  (latchkey's own routes and layers) -> SDK -> stats -> faults -> engine
//!                            -> /dev       (dev controls)
//!                            -> /          (the demo page)
//! ```
//!
//! Tests build a [`LocalServer`] and call its router in process; the binary serves the same router on loopback.
//!
//! ```no_run
//! use latchkey_local::server::LocalServer;
//!
//! # async fn example() -> Result<(), latchkey_local::server::LocalServerError> {
//! let server = LocalServer::memory(&[("SESSION_LIMIT", "2")]).await?;
//! let router = server.router.clone();
//! # let _ = router;
//! # Ok(())
//! # }
//! ```

mod builder;
mod date;
mod schedule;
mod serve;
mod settings;
mod storage;

use std::path::PathBuf;

use axum::Router;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header;
use latchkey::api;
use latchkey::app::App;
use latchkey::store::Store;

pub use builder::{Builder, origin};
pub use schedule::{clean_every, count_every};
pub use serve::{SHUTDOWN_TIMEOUT, serve};
pub use settings::{AUDIENCE, Settings};
pub use storage::Storage;

use crate::clock::MovableClock;
use crate::dev::alerts::Alerts;
use crate::dev::{self, DevControls};
use crate::dev_controls::faults::Faults;
use crate::dev_controls::stats::Stats;
use crate::engine::{Engine, EngineError};
use crate::gateway;
use crate::issuer::{Issuer, IssuerError};
use crate::keys::KeysError;
use crate::notify::Notifier;
use crate::page;

/// A running Latchkey, without a socket.
#[derive(Clone)]
pub struct LocalServer {
    /// All routes, behind the gateway stand-in.
    pub router: Router,
    /// The state that the handlers share.
    pub app: App,
    /// The store that the handlers use.
    pub store: Store,
    /// The store for the counts of the overview. It runs beside the handlers, so that it has no faults of theirs, and no statistics.
    pub counting_store: Store,
    /// The clock of every handler.
    pub clock: MovableClock,
    /// The faults on the way to DynamoDB.
    pub faults: Faults,
    /// The calls to DynamoDB and their cost.
    pub stats: Stats,
    /// The stand-in identity provider.
    pub issuer: Issuer,
    /// The audience of its assertions.
    pub audience: String,
    /// The alerts.
    pub alerts: Alerts,
    /// The embedded DynamoDB, unless another one is used.
    pub engine: Option<Engine>,
    /// Sends webhooks, if there are receivers.
    pub notifier: Option<Notifier>,
}

/// The reason why the local server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LocalServerError {
    /// The embedded DynamoDB failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The keys beside the data cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The stand-in identity provider failed.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// A setting from the environment or from a test is wrong.
    #[error("a setting is wrong")]
    Config(#[from] latchkey::config::ConfigError),
    /// The tables cannot be created.
    #[error("the tables cannot be created")]
    Tables(#[from] latchkey::store::schema::SchemaError),
}

impl LocalServer {
    /// Returns a builder, with memory as storage.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts a server in memory with `settings`, without settings from the environment.
    ///
    /// # Errors
    /// A setting is wrong.
    pub async fn memory(settings: &[(&str, &str)]) -> Result<Self, LocalServerError> {
        Self::builder().settings(settings).build().await
    }
}

/// The routes of Latchkey and the dev controls, behind the gateway stand-in.
fn router(app: &App, controls: DevControls, pages: Option<PathBuf>) -> Router {
    let routes = Router::new()
        .merge(api::login::routes())
        .merge(api::refresh::routes())
        .merge(api::sessions::routes())
        .merge(api::revoke::routes());
    let api = latchkey::http::service(routes, app.clone());
    let own = dev::routes(controls)
        .merge(dev::review_link::routes(app.clone()))
        .route("/openapi.yaml", get(openapi));
    let all = own.fallback_service(api);
    let all = if pages.is_some() { page::in_front_of(all, pages) } else { all };
    let all = all.layer(middleware::from_fn_with_state(app.clone(), date::add_date));
    gateway::in_front_of(all, app.config().cookies.policy.clone())
}

/// The description of the API.
async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/yaml")], include_str!("../../openapi.yaml"))
}

#[cfg(test)]
mod tests;
