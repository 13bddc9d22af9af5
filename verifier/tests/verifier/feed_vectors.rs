//! The feeds and tokens of `vectors/feed.json`, which an independent JOSE library made. The Node guard runs the same file.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method, header};
use latchkey_verifier::{RequireSignedIn, RevocationFeed, Verifier, WhenStale};
use serde::Deserialize;
use serde_json::Value;

use crate::published::Published;
use crate::signer::NOW;
use crate::virtual_clock::VirtualClock;

#[derive(Deserialize)]
struct File {
    now: u64,
    issuer: String,
    audience: String,
    jwks: Value,
    live_token: String,
    feeds: Vec<FeedVector>,
    tokens: Vec<TokenVector>,
}

#[derive(Deserialize)]
struct FeedVector {
    name: String,
    held: Option<String>,
    feed: String,
    padding: usize,
    clock: i64,
    result: String,
    because: String,
}

#[derive(Deserialize)]
struct TokenVector {
    name: String,
    feeds: Vec<String>,
    token: String,
    result: String,
    because: String,
}

fn file() -> File {
    serde_json::from_str(include_str!("../../vectors/feed.json")).unwrap()
}

/// A service that checks requests with the feed, and refuses them without a fresh one.
struct Service {
    check: RequireSignedIn,
    published: Published,
    clock: VirtualClock,
}

impl Service {
    fn new(file: &File, clock_is_off_by: i64) -> Self {
        let (published, clock) = (Published::new(503, ""), VirtualClock::default());
        clock.set(i64::try_from(file.now).unwrap() - i64::try_from(NOW).unwrap() + clock_is_off_by);
        let verifier = Verifier::parse(&file.jwks.to_string(), &file.issuer, &file.audience).unwrap();
        let feed = RevocationFeed::new(verifier.clone(), published.fetch(), WhenStale::Refuse).unwrap();
        let wall = clock.clone();
        let check = RequireSignedIn::strict(verifier, clock.drives(feed)).clock(move || wall.wall());
        Self { check, published, clock }
    }

    /// The code of the answer to a request with this token.
    async fn code(&self, token: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        let outcome = self.check.check(&Method::GET, "/", &headers).await;
        outcome.map_or_else(|refusal| refusal.code().name(), |_| "accepted")
    }
}

impl FeedVector {
    fn answer(&self) -> String {
        self.feed.clone() + &"A".repeat(self.padding)
    }

    async fn result(&self, file: &File) -> &'static str {
        let service = Service::new(file, self.clock);
        match &self.held {
            None => service.published.answers(200, self.answer()),
            Some(held) => {
                service.published.answers(200, held.clone());
                assert_eq!(service.code(&file.live_token).await, "accepted", "{}", self.name);
                service.clock.pass(20_000);
                service.published.answers(200, self.answer());
                assert_eq!(service.code(&file.live_token).await, "accepted", "{}", self.name);
                // The first feed is too old now, the second is not.
                service.clock.pass(15_000);
                service.published.fails();
            }
        }
        match service.code(&file.live_token).await {
            "accepted" => "fresh",
            "store_unavailable" => "stale",
            other => other,
        }
    }
}

#[tokio::test]
async fn every_feed_has_its_result() {
    let file = file();
    let mut wrong = vec![];
    for vector in &file.feeds {
        let result = vector.result(&file).await;
        if result != vector.result {
            let FeedVector { name, result: expected, because, .. } = vector;
            wrong.push(format!("{name}: {result} instead of {expected}, because {because}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(file.feeds.len() > 60, "{} feeds", file.feeds.len());
}

#[tokio::test]
async fn every_token_has_its_result_after_its_feeds() {
    let file = file();
    for TokenVector { name, feeds, token, result, because } in &file.tokens {
        let service = Service::new(&file, 0);
        let mut code = "";
        for feed in feeds {
            service.published.answers(200, feed.clone());
            code = service.code(token).await;
            service.clock.pass(5_000);
        }
        assert_eq!(code, result, "{name}, because {because}");
    }
    assert!(file.tokens.len() > 20, "{} tokens", file.tokens.len());
}

#[tokio::test]
async fn a_feed_authorizes_no_request() {
    let file = file();
    let verifier = Verifier::parse(&file.jwks.to_string(), &file.issuer, &file.audience).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(file.now);
    let offline = RequireSignedIn::offline(verifier).clock(move || now);
    for vector in file.feeds.iter().filter(|vector| vector.result == "fresh") {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {}", vector.feed).parse().unwrap());
        let refusal = offline.check(&Method::GET, "/", &headers).await.unwrap_err();
        assert_eq!(refusal.code().name(), "invalid_token", "{}", vector.name);
    }
}
