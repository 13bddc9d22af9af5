//! Does a check of the revocation feed do more work when the feed has more entries? It allocates as often with 100,000 entries as with none.
//!
//! The bench `feed` measures the time, which depends on the machine. A copy of the entries, or a list that is built for each
//! request, would show here.

#![expect(unsafe_code, reason = "an allocator can only be implemented as unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use bytes::Bytes;
use http::{Request, Response};
use latchkey_verifier::{
    Claims, Fetch, FetchFuture, FetchLimits, RevocationFeed, SessionCheck as _, Verifier, WhenStale,
};
use serde_json::json;

const ISSUER: &str = "https://app.example.com/api/auth";
const NOW: u64 = 1_790_000_000;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The allocator of the system, which counts.
struct Counting;

// SAFETY: each call is passed on unchanged, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Answers every request with the same feed.
struct Published(Bytes);

impl Fetch for Published {
    fn fetch(&self, _: Request<Bytes>, _: FetchLimits) -> FetchFuture<'_> {
        Box::pin(async { Ok(Response::new(self.0.clone())) })
    }
}

fn signed_feed(key: &Ed25519KeyPair, entries: u64) -> Bytes {
    let step = u64::MAX / (entries + 1);
    let ended: Vec<u8> = (1..=entries).flat_map(|number| (number * step).to_be_bytes()).collect();
    let payload =
        json!({"iss": ISSUER, "iat": NOW, "not_before": NOW - 90_000, "ended": BASE64URL.encode(ended)});
    let header = json!({"alg": "EdDSA", "kid": "a", "typ": "revocations+jwt"});
    let input = [header, payload].map(|part| BASE64URL.encode(part.to_string())).join(".");
    let signature = BASE64URL.encode(key.sign(input.as_bytes()));
    format!("{input}.{signature}").into()
}

/// The result of a future that needs not wait.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the feed is there"),
    }
}

/// The allocations of one check by a fresh copy with so many entries.
fn allocations(entries: u64) -> usize {
    let key = Ed25519KeyPair::generate().expect("a key pair");
    let x = BASE64URL.encode(key.public_key());
    let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x}]}).to_string();
    let verifier = Verifier::parse(&jwks, ISSUER, "shop").expect("a valid key set");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    let claims: Claims = serde_json::from_value(json!({
        "iss": ISSUER, "sub": "alice", "aud": "shop", "client_id": "shop", "iat": NOW, "exp": NOW + 3600, "sst": NOW,
        "jti": "j", "sid": "0190a5d2-7b3c-7def-8123-456789abcdef", "scope": "orders:read orders:write",
    }))
    .expect("claims");
    let published = Arc::new(Published(signed_feed(&key, entries)));
    let feed = RevocationFeed::new(verifier, published, WhenStale::Refuse).expect("a feed");
    ready(feed.check("", &claims, now)).expect("the session lives");
    let before = ALLOCATIONS.get();
    ready(feed.check("", &claims, now)).expect("the session lives");
    ALLOCATIONS.get() - before
}

#[test]
fn a_check_allocates_no_more_with_more_entries() {
    let [none, many] = [0, 100_000].map(allocations);
    assert_eq!(none, many);
    assert!((1..=2).contains(&none), "the future of the trait and the copy of the scope: {none}");
}
