//! A function that was frozen between two events, while its connections died, reconnects once and responds.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use latchkey_tests::event::{Event, Reply};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::deployment::{Deployment, filled};
use super::parse_tokens;

/// The ways in which a connection dies while the function is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    None,
    /// The other side closes the connection.
    Closed,
    /// A router drops the connection silently, so that packets get lost.
    Silent,
}

/// The proxy between a function and its tables.
struct Wire {
    address: SocketAddr,
    deaths: watch::Sender<Death>,
    opened: Arc<AtomicUsize>,
}

impl Wire {
    async fn to(tables: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (deaths, death) = watch::channel(Death::None);
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        tokio::spawn(async move {
            while let Ok((function, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let mut death = death.clone();
                death.mark_unchanged();
                tokio::spawn(forward(function, tables, death));
            }
        });
        Self { address, deaths, opened }
    }
}

/// Forwards a connection until it dies.
async fn forward(mut function: TcpStream, tables: SocketAddr, mut death: watch::Receiver<Death>) {
    let mut tables = TcpStream::connect(tables).await.expect("the tables are there");
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut function, &mut tables) => {}
        _ = death.changed() => if *death.borrow() == Death::Silent {
            // Both ends stay open, but no data is forwarded any more.
            std::future::pending::<()>().await;
        },
    }
}

#[tokio::test]
async fn a_thawed_function_with_dead_connections_answers_its_next_event() {
    for death in [Death::Closed, Death::Silent] {
        let deployment = Deployment::new().await;
        let wire = Wire::to(deployment.tables()).await;
        let endpoint = format!("http://{}", wire.address);
        let mut refresh = deployment
            .start("refresh", &[("AWS_ENDPOINT_URL_DYNAMODB", &endpoint)])
            .await
            .expect("it starts");
        let sample = Event::from_file("refresh-body");
        let tokens = deployment.sign_in("alice", &sample).await;
        let answer =
            Reply::parse(refresh.invoke(filled(&sample, &tokens).build()).await.expect("it answers"));
        let tokens = parse_tokens(&answer);
        let opened = wire.opened.load(Ordering::SeqCst);
        refresh.signal("STOP").await;
        wire.deaths.send(death).expect("a connection is open");
        refresh.signal("CONT").await;
        let begun = Instant::now();
        let answer =
            Reply::parse(refresh.invoke(filled(&sample, &tokens).build()).await.expect("it answers"));
        assert_eq!(answer.status, 200, "{death:?}: {}", answer.body);
        assert!(begun.elapsed() < Duration::from_secs(3), "{death:?}: {:?}", begun.elapsed());
        assert!(wire.opened.load(Ordering::SeqCst) > opened, "{death:?}: the old connection still served");
        assert_eq!(deployment.generation("alice", &tokens.session).await, Some(2), "{death:?}");
    }
}

/// A count is not retried, because it would count twice. The read before it is.
#[tokio::test]
async fn a_password_attempt_is_counted_after_a_freeze() {
    let deployment = Deployment::new().await;
    let wire = Wire::to(deployment.tables()).await;
    let endpoint = format!("http://{}", wire.address);
    let started = deployment.start("login", &[("AWS_ENDPOINT_URL_DYNAMODB", &endpoint)]).await;
    let mut login = started.expect("it starts");
    let service = deployment.world.assertion_with("backend", json!({"scope": "latchkey:attempts"}));
    let attempt = Event::new("POST", "/api/auth/login/attempts").bearer(&service);
    let attempt = attempt.json(json!({"policy": "login", "subject": "bob", "ip": "203.0.113.9"})).build();
    let first = Reply::parse(login.invoke(attempt.clone()).await.expect("it answers"));
    assert_eq!((first.status.as_u16(), &first.body["remaining"]), (200, &json!(4)), "{}", first.body);
    login.signal("STOP").await;
    wire.deaths.send(Death::Silent).expect("a connection is open");
    // The function keeps the global revocation for 5 s of the system's clock.
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    login.signal("CONT").await;
    let second = Reply::parse(login.invoke(attempt).await.expect("it answers"));
    assert_eq!((second.status.as_u16(), &second.body["remaining"]), (200, &json!(3)), "{}", second.body);
}
