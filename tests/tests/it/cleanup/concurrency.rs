//! The number of concurrent store calls of a run. Each call is a connection, and a function has at most 1,024 of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use latchkey::app::cleanup::{Budget, CleanupMode, run};
use latchkey::store::{Store, connect};
use latchkey_tests::world::World;

use super::DAY;

/// The calls that are in flight, and the maximum so far.
#[derive(Clone, Debug, Default)]
struct InFlight(Arc<(AtomicUsize, AtomicUsize)>);

#[derive(Debug)]
struct Slow {
    in_flight: InFlight,
    inner: SharedHttpConnector,
}

impl InFlight {
    fn watch(&self, client: SharedHttpClient) -> SharedHttpClient {
        let in_flight = self.clone();
        http_client_fn(move |settings, components| {
            let inner = client.http_connector(settings, components);
            SharedHttpConnector::new(Slow { in_flight: in_flight.clone(), inner })
        })
    }
}

impl HttpConnector for Slow {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let InFlight(counts) = self.in_flight.clone();
        let calling = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let now = counts.0.fetch_add(1, Ordering::Relaxed) + 1;
            counts.1.fetch_max(now, Ordering::Relaxed);
            // The clock is paused, so this time passes only after all calls that may run concurrently have started.
            tokio::time::sleep(Duration::from_millis(200)).await;
            let answer = calling.await;
            counts.0.fetch_sub(1, Ordering::Relaxed);
            answer
        })
    }
}

#[tokio::test(start_paused = true)]
async fn deletes_run_concurrently_within_a_functions_connections() {
    let world = World::with(&[("EXPIRY_SHARDS", "4")]).await;
    for number in 0..700 {
        world.device().sign_in(&format!("user-{number}")).await;
    }
    world.advance(8 * DAY);
    let in_flight = InFlight::default();
    let http = in_flight.watch(world.server.engine.as_ref().expect("worlds are embedded").client());
    let credentials = Credentials::new("local", "local", None, None, "tests");
    let client = connect::client(http, "us-east-1", Some("http://127.0.0.1:8000"), credentials);
    let store = Store::new(client, world.server.app.config());
    let budget = Budget::new(Instant::now() + Duration::from_secs(600), u64::MAX);
    let clock = Arc::new(world.server.clock.clone());
    let report = run(&store, clock, 4, budget, CleanupMode::Clean).await.expect("it runs");
    assert_eq!((report.ended, report.failed), (700, 0));
    let most = in_flight.0.1.load(Ordering::Relaxed);
    assert!((64..=136).contains(&most), "{most} calls at once");
}
