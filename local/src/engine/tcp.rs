//! The engine over TCP, for other processes.

use std::net::{Ipv4Addr, SocketAddr};

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::EngineError;

/// A TCP server for the engine. Dropping it stops it.
#[derive(Debug)]
pub struct TcpServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl TcpServer {
    /// The address on loopback.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint URL for an SDK or a CLI.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting connections, and waits for running requests.
    pub async fn stop(self) {
        // Both fail only if the server has stopped already.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

pub(super) async fn serve(database: Database) -> Result<TcpServer, EngineError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(EngineError::Listen)?;
    let address = listener.local_addr().map_err(EngineError::Listen)?;
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let shutdown = async move {
            // A dropped handle stops the server as well.
            let _ = stopped.await;
        };
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, shutdown).await {
            tracing::warn!(error, "the engine's TCP server failed");
        }
    });
    Ok(TcpServer { address, stop, task })
}
