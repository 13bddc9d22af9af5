//! To which hosts are webhooks sent? Server-side request forgery by a URL, by DNS, and by a redirect; and TLS.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use latchkey::app::notify::delivery;
use latchkey::domain::webhook::address::Reach;
use latchkey::https;
use latchkey::https::checked::{CheckedClient, Resolve, SendError};
use latchkey::store::connect;
use latchkey_local::clock::MovableClock;
use latchkey_tests::world::START;

use super::receiver::Receiver;
use super::{LIMIT, entry, notify, world_with};

/// A resolver with the same answer for every name, which counts its calls.
struct Answers {
    ips: Vec<&'static str>,
    calls: AtomicUsize,
}

impl Answers {
    fn new(ips: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { ips: ips.to_vec(), calls: AtomicUsize::new(0) })
    }
}

impl Resolve for Answers {
    fn resolve<'a>(
        &'a self,
        _host: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let addresses = self.ips.iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), port));
        Box::pin(std::future::ready(Ok(addresses.collect())))
    }
}

fn client(resolver: Arc<Answers>, reach: Reach) -> CheckedClient {
    CheckedClient::new(connect::amazon_roots(), resolver, move |ip| reach.allows(ip), LIMIT)
}

fn post(url: &str) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    http::Request::post(url).body(http_body_util::Full::default()).expect("a request")
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_not_connected_to() {
    let receiver = Receiver::start().await;
    let url = format!("http://hooks.example.com:{}/", receiver.port);
    for ips in [
        &["127.0.0.1"][..],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["fd00:ec2::254"],
        // A public address beside it does not help, in either order.
        &["127.0.0.1", "8.8.8.8"],
        &["8.8.8.8", "127.0.0.1"],
    ] {
        let refused = client(Answers::new(ips), Reach::Public).send(post(&url)).await;
        assert!(matches!(refused, Err(SendError::AddressNotAllowed)), "{ips:?}: {refused:?}");
    }
    assert!(receiver.count() == 0);
    // The same name and address are fine where they are allowed, so that the receiver could have been reached.
    let sent = client(Answers::new(&["127.0.0.1"]), Reach::PublicOrLoopback).send(post(&url)).await;
    assert_eq!((sent.expect("it is allowed").status, receiver.count()), (200, 1));
}

#[tokio::test]
async fn a_private_address_in_the_url_is_not_connected_to() {
    let receiver = Receiver::start().await;
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", receiver.port);
        let refused = client(Answers::new(&["8.8.8.8"]), Reach::Public).send(post(&url)).await;
        assert!(matches!(refused, Err(SendError::AddressNotAllowed)), "{host}: {refused:?}");
    }
    assert!(receiver.count() == 0);
}

/// With a second look-up for the connection, the first answer would prove nothing (DNS rebinding).
#[tokio::test]
async fn a_name_is_resolved_once_for_each_attempt() {
    let receiver = Receiver::start().await;
    let resolver = Answers::new(&["127.0.0.1"]);
    let url = format!("http://hooks.example.com:{}/", receiver.port);
    let client = client(Arc::clone(&resolver), Reach::PublicOrLoopback);
    for attempts in 1..=2 {
        client.send(post(&url)).await.expect("it answers");
        assert_eq!(resolver.calls.load(Ordering::Relaxed), attempts, "and no connection is kept");
    }
}

#[tokio::test]
async fn a_certificate_has_to_be_trusted_and_for_the_host() {
    let (receiver, pem) = Receiver::start_tls().await;
    let roots = || https::roots(&pem).expect("a certificate");
    let entries = [entry("shop", &format!("https://localhost:{}/hook", receiver.port))];
    for (roots, host, arrives) in [
        (roots(), "localhost", true),
        (roots(), "hooks.example.com", false),
        (connect::amazon_roots(), "localhost", false),
    ] {
        let before = receiver.received().len();
        let is_allowed = |ip| Reach::PublicOrLoopback.allows(ip);
        let client = CheckedClient::new(roots, Answers::new(&["127.0.0.1"]), is_allowed, delivery::LIMIT);
        let mut entries = entries.clone();
        entries[0]["url"] = format!("https://{host}:{}/hook", receiver.port).into();
        let world = world_with(&entries, client, MovableClock::at(START)).await;
        world.device().sign_in("alice").await;
        notify(&world).await;
        assert_eq!(receiver.received().len() > before, arrives, "{host}");
    }
}
