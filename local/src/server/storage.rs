//! The DynamoDB behind the handlers.

use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::config::Credentials;
use latchkey::store::connect;

use super::LocalServerError;
use crate::clock::MovableClock;
use crate::engine::Engine;

/// The place of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In the memory of this process.
    Memory,
    /// In files in a directory.
    Directory(PathBuf),
    /// In another DynamoDB at this URL. Keys are in the memory of this process.
    Endpoint(String),
}

impl Storage {
    /// The embedded engine, if it is one.
    pub(super) fn engine(&self, clock: &MovableClock) -> Result<Option<Engine>, LocalServerError> {
        Ok(match self {
            Self::Memory => Some(Engine::memory_at(clock.clone())?),
            Self::Directory(path) => Some(Engine::file(path)?),
            Self::Endpoint(_) => None,
        })
    }

    /// The directory for keys beside the data.
    pub(super) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Directory(path) => Some(path),
            Self::Memory | Self::Endpoint(_) => None,
        }
    }

    /// The URL for the SDK, which needs one also for the embedded engine.
    pub(super) fn endpoint(&self) -> &str {
        match self {
            Self::Endpoint(url) => url,
            Self::Memory | Self::Directory(_) => "http://dynamodb.localhost",
        }
    }

    /// The Region for signatures: `AWS_REGION`, or any, because local engines do not check it.
    pub(super) fn region() -> String {
        std::env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned())
    }

    /// The credentials in the environment, or any pair, because local engines do not check it.
    pub(super) fn credentials(&self) -> Credentials {
        let given = match self {
            Self::Endpoint(_) => connect::credentials_from_env().ok(),
            Self::Memory | Self::Directory(_) => None,
        };
        given.unwrap_or_else(|| Credentials::new("local", "local", None, None, "local"))
    }
}
