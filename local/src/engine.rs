//! The embedded DynamoDB: an engine on SQLite in this process.
//!
//! [`Engine::client`] returns an HTTP client for the AWS SDK that opens no socket. The SDK signs, serialises, retries and
//! parses as with AWS, so the store runs the same code.
//!
//! ```text
//! Store -> aws-sdk-dynamodb -> Stats -> Faults -> Engine -> SQLite
//! ```
//!
//! The engine runs one call at a time. It models conditions, transactions, indexes and capacity as DynamoDB documents
//! them. It does not model DynamoDB's speed, throttling or conflicts; for those see
//! [`Faults`](crate::dev_controls::faults::Faults) for those.
//!
//! ```
//! use latchkey_local::engine::Engine;
//!
//! let engine = Engine::memory()?;
//! let http_client = engine.client();
//! # let _ = http_client;
//! # Ok::<(), latchkey_local::engine::EngineError>(())
//! ```

mod connector;
mod dispatch;
mod tcp;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use dynoxide::{Database, DynoxideError};
use serde_json::Value;

use crate::clock::MovableClock;
use crate::private_file;
use connector::EngineConnector;
pub use tcp::TcpServer;

/// The time between two deletions of items whose TTL has passed.
pub const SWEEP_PERIOD: Duration = Duration::from_secs(60);

const FILE_NAME: &str = "dynamodb.sqlite3";

/// The medium of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    /// A call takes less than a millisecond and runs on the caller's thread.
    Memory,
    /// A call waits for the disk, so it runs on a blocking thread.
    File,
}

/// An embedded DynamoDB. Clones share the same tables.
#[derive(Clone)]
pub struct Engine {
    database: Database,
    medium: Medium,
}

/// The reason why the embedded DynamoDB failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data directory cannot be created or used.
    #[error("the data directory cannot be used")]
    Directory(#[source] std::io::Error),
    /// The path of the data directory is not UTF-8, which SQLite requires.
    #[error("the path of the data directory is not UTF-8")]
    Path,
    /// The engine returned an error.
    #[error("the embedded DynamoDB failed")]
    Database(#[from] DynoxideError),
    /// The engine refused a call.
    #[error("the embedded DynamoDB refused {operation} with {code}")]
    Refused {
        /// The operation.
        operation: &'static str,
        /// The code of the error, such as `ConditionalCheckFailedException`.
        code: String,
    },
    /// The engine's thread failed, or its answer is no JSON.
    #[error("the embedded DynamoDB did not answer {0}")]
    NoAnswer(&'static str),
    /// The loopback port cannot be opened.
    #[error("the engine cannot listen on loopback")]
    Listen(#[source] std::io::Error),
}

impl Engine {
    /// Starts an empty engine in memory. It is dropped with its last clone.
    ///
    /// # Errors
    /// SQLite cannot start.
    pub fn memory() -> Result<Self, EngineError> {
        Self::memory_at(MovableClock::system())
    }

    /// As [`Engine::memory`], with a TTL that follows `clock`.
    ///
    /// # Errors
    /// SQLite cannot start.
    pub fn memory_at(clock: MovableClock) -> Result<Self, EngineError> {
        Ok(Self { database: Database::memory_with_clock(Arc::new(clock))?, medium: Medium::Memory })
    }

    /// Starts an engine with a file in `directory`, which is created if it is missing. Its TTL follows the system clock.
    ///
    /// # Errors
    /// The directory cannot be created, or the file is not one of the engine.
    pub fn file(directory: &Path) -> Result<Self, EngineError> {
        private_file::directory(directory).map_err(EngineError::Directory)?;
        let path = directory.join(FILE_NAME);
        let path = path.to_str().ok_or(EngineError::Path)?;
        Ok(Self { database: Database::new(path)?, medium: Medium::File })
    }

    /// Returns the HTTP client for the SDK.
    pub fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(EngineConnector::new(self.clone()));
        http_client_fn(move |_, _| connector.clone())
    }

    /// Makes one call, in the JSON of DynamoDB's API. The dev controls neither count it nor let it fail.
    ///
    /// # Errors
    /// The engine refused the call.
    pub async fn request(&self, operation: &'static str, body: Value) -> Result<Value, EngineError> {
        let (database, body) = (self.database.clone(), body.to_string());
        let call = move || dispatch::answer(&database, operation, body.as_bytes());
        let reply = match self.medium {
            Medium::Memory => call(),
            Medium::File => {
                tokio::task::spawn_blocking(call).await.map_err(|_| EngineError::NoAnswer(operation))?
            }
        };
        let answer: Value =
            serde_json::from_str(&reply.body).map_err(|_| EngineError::NoAnswer(operation))?;
        if reply.status == 200 {
            return Ok(answer);
        }
        let code = answer["__type"].as_str().and_then(|name| name.rsplit('#').next()).unwrap_or_default();
        Err(EngineError::Refused { operation, code: code.to_owned() })
    }

    /// Deletes every item whose TTL has passed, and returns their number. Blocks.
    ///
    /// # Errors
    /// The engine fails.
    pub fn sweep(&self) -> Result<usize, EngineError> {
        Ok(self.database.sweep_ttl()?)
    }

    /// Sweeps every `period` until the returned task is aborted. A failed sweep is logged, and the next one tries again.
    pub fn sweep_every(&self, period: Duration) -> tokio::task::JoinHandle<()> {
        let engine = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(period).await;
                let engine = engine.clone();
                match tokio::task::spawn_blocking(move || engine.sweep()).await {
                    Ok(Ok(0)) => {}
                    Ok(Ok(deleted)) => tracing::debug!(deleted, "deleted items whose TTL has passed"),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "the TTL sweep failed; the next one tries again")
                    }
                    Err(error) => tracing::warn!(%error, "the TTL sweep panicked; the next one tries again"),
                }
            }
        })
    }

    /// Serves the same tables over TCP on a free loopback port, for other processes.
    ///
    /// # Errors
    /// No port can be opened.
    pub async fn serve_tcp(&self) -> Result<TcpServer, EngineError> {
        tcp::serve(self.database.clone()).await
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("medium", &self.medium).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
