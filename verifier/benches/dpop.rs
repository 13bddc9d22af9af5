//! The CPU time of checking one proof of possession. The target is less than 100 us.
//!
//! ```text
//! cargo bench -p latchkey-verifier --bench dpop
//! ```
//!
//! The proof is one of `vectors/dpop.json`: a request with an access token. *Proof* is the whole check of its header, *seen*
//! also remembers it as an unsafe method does.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use criterion::{Criterion, criterion_group, criterion_main};
use http::HeaderValue;
use latchkey_verifier::dpop::{self, BaseUrls, Expected, KeyRule, NonceRule, Nonces, SeenProofs, Thumbprint};
use serde_json::Value;

fn checking(criterion: &mut Criterion) {
    let file: Value = serde_json::from_str(include_str!("../vectors/dpop.json")).expect("it is JSON");
    let vectors = file["vectors"].as_array().expect("it is a list");
    let text = |vector: &Value, name: &str| vector[name].as_str().map(str::to_owned);
    let vector = vectors
        .iter()
        .find(|vector| vector["result"] == "accepted" && vector["access_token"].is_string())
        .expect("one of the vectors has an access token");
    let value: HeaderValue =
        vector["headers"][0].as_str().and_then(|value| value.parse().ok()).expect("it has a proof");
    let (method, path) = (text(vector, "method").expect("a method"), text(vector, "path").expect("a path"));
    let access_token = text(vector, "access_token");
    let thumbprint = text(vector, "thumbprint").and_then(|text| Thumbprint::parse(&text).ok());
    let base_urls = vector["origins"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let base_urls = BaseUrls::parse(base_urls).expect("the origins are URLs");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(file["now"].as_u64().expect("a time"));
    let expected = Expected {
        method: &method,
        base_urls: &base_urls,
        path: &path,
        access_token: access_token.as_deref(),
        key: thumbprint.map_or(KeyRule::Any, KeyRule::Thumbprint),
        nonce: NonceRule::Ignored,
        now,
    };
    let verify = || dpop::verify([black_box(&value)], &expected).expect("the proof is accepted");
    let mut group = criterion.benchmark_group("dpop");
    group.bench_function("proof", |bencher| bencher.iter(verify));
    let (proof, seen) = (verify(), SeenProofs::new());
    group.bench_function("seen", |bencher| bencher.iter(|| seen.remember(&proof, now)));
    let nonces = Nonces::new(&[7; 32]);
    let nonce = nonces.issue(now);
    group.bench_function("nonce", |bencher| bencher.iter(|| nonces.age(black_box(&nonce), now)));
    let forged = HeaderValue::from_static("eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AAAA");
    group.bench_function("forged", |bencher| {
        bencher.iter(|| dpop::verify([black_box(&forged)], &expected).is_err())
    });
    group.finish();
}

criterion_group!(benches, checking);
criterion_main!(benches);
