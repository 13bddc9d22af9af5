//! Serves a router on a socket until a signal arrives.

use std::future::{Future, IntoFuture};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt};
use tokio::sync::oneshot;

/// The time for requests in flight after the stop.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves `router` on `listener` until `stop` resolves. Then it waits for requests in flight, for [`SHUTDOWN_TIMEOUT`] at most,
/// and closes idle connections.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: impl Listener<Addr = SocketAddr>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let stop = async move {
        stop.await;
        // Sending fails only if the server has stopped already.
        let _ = stopping.send(());
    };
    // axum passes the address of a connection on for TcpListener and for TapIo only.
    let listener = listener.tap_io(|_| {});
    let routes = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop).into_future();
    let too_late = async {
        let _ = stopped.await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        served = serving => served,
        () = too_late => {
            tracing::warn!(waited_ms = SHUTDOWN_TIMEOUT.as_millis(), "stopped with requests in flight");
            Ok(())
        }
    }
}
