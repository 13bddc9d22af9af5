//! Keys that a trusted issuer publishes at a URL: fetched at need, bounded, cached, and kept through its outages.
//!
//! The issuer is a TCP server on loopback; only the name and the TLS in front of it are taken away.

mod provider;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_local::issuer::Issuer;
use latchkey_tests::world::{PATIENT, Reply, World};
use provider::{Answer, Provider, entry};
use serde_json::{Value, json};

const IDP: &str = "https://idp.example.com";
const DAY: u64 = 86_400;

/// A deployment that trusts one provider by its URL.
struct Trust {
    world: World,
    provider: Provider,
    issuer: Issuer,
}

impl Trust {
    async fn new() -> Self {
        Self::with(&json!([entry(IDP, "")])).await
    }

    async fn with(trusted: &Value) -> Self {
        let issuer = Issuer::generate().expect("a key");
        let provider = Provider::start(&issuer).await;
        let (keys, trusted) = (generate_key_set(), trusted.to_string());
        let own = [("LATCHKEY_KEYS", keys.as_str()), ("LATCHKEY_TRUSTED_ISSUERS", trusted.as_str())];
        let settings = [&PATIENT[..], &own].concat();
        let cache = IssuerKeyCache::with_connector(provider.connector());
        let world = World::new().await.redeployed(&settings, cache);
        Self { world, provider, issuer }
    }

    fn assertion(&self) -> String {
        assertion(&self.world, &self.issuer, IDP)
    }

    async fn login(&self, assertion: &str) -> Reply {
        self.world.device().login(assertion).await
    }

    async fn assert_signs_in(&self, assertion: &str) {
        let reply = self.login(assertion).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    }

    /// The answer is 503, and the store was not asked.
    async fn assert_unavailable(&self, assertion: &str) {
        self.world.server.stats.reset();
        let reply = self.login(assertion).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (503, "store_unavailable"), "{}", reply.body);
        assert_eq!(reply.header("retry-after"), "2");
        assert_eq!(reply.text("detail"), "the keys of the issuer cannot be fetched; try again later");
        assert_eq!(self.world.server.stats.total().calls, 0, "nothing is counted, nothing used up");
        // With nothing to serve, the issuer is asked again only after a moment.
        self.world.advance(5);
    }
}

/// A fresh assertion of a user of its own.
fn assertion(world: &World, issuer: &Issuer, iss: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let now = world.now().seconds();
    let user = format!("user-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let claims = json!({"iss": iss, "aud": "shop", "sub": user, "iat": now, "exp": now + 300});
    issuer.sign(&claims).expect("it signs")
}

#[tokio::test]
async fn keys_are_fetched_once_and_are_fresh_for_ten_minutes() {
    let trust = Trust::new().await;
    assert_eq!(trust.provider.asked(), 0, "not before they are needed");
    for _ in 0..3 {
        trust.assert_signs_in(&trust.assertion()).await;
    }
    trust.world.advance(599);
    trust.assert_signs_in(&trust.assertion()).await;
    assert_eq!(trust.provider.asked(), 1);
    trust.world.advance(1);
    trust.assert_signs_in(&trust.assertion()).await;
    trust.assert_signs_in(&trust.assertion()).await;
    assert_eq!(trust.provider.asked(), 2);
}

#[tokio::test]
async fn a_key_that_the_issuer_withdrew_is_valid_for_ten_minutes_at_most() {
    let trust = Trust::new().await;
    trust.assert_signs_in(&trust.assertion()).await;
    trust.provider.publishes(&Issuer::generate().expect("a key"));
    trust.world.advance(600);
    assert_eq!(trust.login(&trust.assertion()).await.code(), "invalid_assertion");
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_at_most_once_a_minute() {
    let trust = Trust::new().await;
    trust.assert_signs_in(&trust.assertion()).await;
    let next = Issuer::generate().expect("a key");
    trust.provider.publishes(&next);
    trust.world.advance(59);
    assert_eq!(trust.login(&assertion(&trust.world, &next, IDP)).await.code(), "invalid_assertion");
    assert_eq!(trust.provider.asked(), 1, "the last look was less than a minute ago");
    trust.world.advance(1);
    trust.assert_signs_in(&assertion(&trust.world, &next, IDP)).await;
    assert_eq!(trust.provider.asked(), 2);
    // A flood of made-up names costs the issuer one call a minute.
    for minute in 0..3 {
        trust.world.advance(60);
        for _ in 0..20 {
            let made_up = assertion(&trust.world, &Issuer::generate().expect("a key"), IDP);
            assert_eq!(trust.login(&made_up).await.code(), "invalid_assertion");
        }
        assert_eq!(trust.provider.asked(), 3 + minute);
        trust.assert_signs_in(&assertion(&trust.world, &next, IDP)).await;
    }
}

#[tokio::test]
async fn the_last_good_set_serves_a_day_while_the_issuer_is_down() {
    let trust = Trust::new().await;
    trust.assert_signs_in(&trust.assertion()).await;
    trust.provider.answers_with(500, "down");
    trust.world.advance(600);
    for _ in 0..5 {
        trust.assert_signs_in(&trust.assertion()).await;
    }
    assert_eq!(trust.provider.asked(), 2, "one that is down is asked once a minute");
    trust.world.advance(DAY - 600 - 60);
    trust.assert_signs_in(&trust.assertion()).await;
    trust.world.advance(60);
    let unused = trust.assertion();
    trust.assert_unavailable(&unused).await;
    trust.provider.publishes(&trust.issuer);
    trust.world.advance(60);
    trust.assert_signs_in(&unused).await;
}

#[tokio::test]
async fn a_key_set_older_than_a_day_is_not_used_between_two_fetches() {
    let trust = Trust::new().await;
    trust.assert_signs_in(&trust.assertion()).await;
    trust.provider.answers_with(500, "down");
    trust.world.advance(DAY);
    for _ in 0..3 {
        trust.assert_unavailable(&trust.assertion()).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_no_key_set_is_503_and_uses_nothing_up() {
    let trust = Trust::new().await;
    let oct = json!({"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}]}).to_string();
    let weak = json!({"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}]}).to_string();
    let (good, one) = (trust.issuer.jwks().to_string(), trust.assertion());
    for (status, body) in [
        (200, "".to_owned()),
        (200, "<html>Sign in</html>".to_owned()),
        (200, "{}".to_owned()),
        (200, "[]".to_owned()),
        (200, "null".to_owned()),
        (200, "{\"keys\":{}}".to_owned()),
        (200, "{\"keys\":[]}".to_owned()),
        (200, "{\"keys\":[7,null,\"a\",[]]}".to_owned()),
        (200, format!("{}{}", "[".repeat(50_000), "]".repeat(50_000))),
        (200, oct),
        (200, weak),
        (200, good[..good.len() - 1].to_owned()),
        (201, good.clone()),
        (204, "".to_owned()),
        (304, "".to_owned()),
        (401, good.clone()),
        (404, good.clone()),
        (500, good.clone()),
    ] {
        trust.provider.answers_with(status, body);
        trust.assert_unavailable(&one).await;
    }
    trust.provider.answers_with(200, vec![0xff; 100]);
    trust.assert_unavailable(&one).await;
    trust.provider.publishes(&trust.issuer);
    trust.assert_signs_in(&one).await;
}

#[tokio::test]
async fn keys_that_we_cannot_use_stand_beside_those_that_we_can() {
    let trust = Trust::new().await;
    let mut set = trust.issuer.jwks();
    let keys = set["keys"].as_array_mut().expect("keys");
    keys.insert(0, json!({"kty": "oct", "kid": "a", "k": "AAAA"}));
    keys.insert(0, json!({"kty": "EC", "crv": "P-521", "kid": "b", "x": "AA", "y": "AA"}));
    keys.push(json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "c", "pub": "AAAA"}));
    keys.push(json!(7));
    trust.provider.answers_with(200, set.to_string());
    trust.assert_signs_in(&trust.assertion()).await;
}

#[tokio::test]
async fn an_answer_of_more_than_256_kib_is_not_read() {
    let trust = Trust::new().await;
    let (set, one) = (trust.issuer.jwks().to_string(), trust.assertion());
    let padded = |length: usize| format!("{set}{}", " ".repeat(length - set.len()));
    for length in [256 * 1024 + 1, 8 * 1024 * 1024] {
        trust.provider.answers_with(200, padded(length));
        trust.assert_unavailable(&one).await;
    }
    trust.provider.answers_with(200, padded(256 * 1024));
    trust.assert_signs_in(&one).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let trust = Trust::new().await;
    let one = trust.assertion();
    trust.provider.answers(Answer::Redirect(trust.issuer.jwks().to_string().into()));
    trust.assert_unavailable(&one).await;
    assert_eq!((trust.provider.asked(), trust.provider.redirected()), (1, 0));
}

#[tokio::test]
async fn made_up_assertions_do_not_become_requests_to_an_issuer_that_is_down() {
    let trust = Trust::new().await;
    trust.provider.answers(Answer::Stall);
    trust.login(&trust.assertion()).await;
    for _ in 0..5 {
        assert_eq!(trust.login(&trust.assertion()).await.status, 503);
    }
    assert_eq!(trust.provider.asked(), 1);
}

/// Time stands still but for what is waited for: two seconds take no time here.
#[tokio::test(start_paused = true)]
async fn an_issuer_that_does_not_answer_is_503_within_three_seconds() {
    let trust = Trust::new().await;
    let one = trust.assertion();
    for answer in [Answer::Silence, Answer::Stall] {
        trust.provider.answers(answer.clone());
        let asked = tokio::time::Instant::now();
        trust.assert_unavailable(&one).await;
        let waited = asked.elapsed();
        assert!((2_000..2_900).contains(&waited.as_millis()), "{answer:?}: {waited:?}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_slow_in_real_time_is_503_too() {
    let trust = Trust::new().await;
    let one = trust.assertion();
    trust.provider.answers(Answer::Stall);
    let asked = std::time::Instant::now();
    trust.assert_unavailable(&one).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(trust.provider.asked(), 1, "the answer had begun");
    trust.provider.publishes(&trust.issuer);
    trust.assert_signs_in(&one).await;
}

#[tokio::test]
async fn with_cached_keys_a_slow_issuer_delays_one_request_per_minute() {
    let trust = Trust::new().await;
    trust.assert_signs_in(&trust.assertion()).await;
    trust.provider.answers(Answer::Silence);
    trust.world.advance(600);
    let asked = std::time::Instant::now();
    for _ in 0..5 {
        trust.assert_signs_in(&trust.assertion()).await;
    }
    assert!(asked.elapsed() < Duration::from_millis(2_900), "{:?}", asked.elapsed());
    assert_eq!(trust.provider.asked(), 2);
}

#[tokio::test]
async fn assertions_of_untrusted_issuers_cause_no_key_fetch() {
    let trust = Trust::new().await;
    let header = |extra: Value| {
        use base64::Engine as _;
        let now = trust.world.now().seconds();
        let claims =
            json!({"iss": "https://evil.example", "aud": "shop", "sub": "a", "iat": now, "exp": now + 60});
        let encode =
            |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.AAAA", encode(&extra), encode(&claims))
    };
    for text in [
        assertion(&trust.world, &trust.issuer, "https://evil.example"),
        assertion(&trust.world, &trust.issuer, "https://idp.example.com/"),
        header(json!({"alg": "ES256", "jku": "https://evil.example/jwks.json"})),
        "a.b.c".to_owned(),
        "".to_owned(),
        "a".repeat(10_000),
    ] {
        let reply = trust.login(&text).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_assertion"), "{text}");
    }
    assert_eq!(trust.provider.asked(), 0);
}

#[tokio::test]
async fn keys_of_one_issuer_never_verify_assertions_of_another() {
    let stranger = Issuer::generate().expect("a key");
    let inline = json!({
        "issuer": "https://other.example.com", "audience": "shop", "user_prefix": "other|", "jwks": stranger.jwks(),
    });
    let trust = Trust::with(&json!([entry(IDP, "idp|"), inline])).await;
    trust.assert_signs_in(&trust.assertion()).await;
    trust.assert_signs_in(&assertion(&trust.world, &stranger, "https://other.example.com")).await;
    for crossed in [
        assertion(&trust.world, &trust.issuer, "https://other.example.com"),
        assertion(&trust.world, &stranger, IDP),
    ] {
        assert_eq!(trust.login(&crossed).await.code(), "invalid_assertion");
    }
}

#[tokio::test]
async fn many_sign_ins_at_once_look_for_an_unknown_key_once() {
    let trust = Trust::new().await;
    trust.assert_signs_in(&trust.assertion()).await;
    let next = Issuer::generate().expect("a key");
    trust.world.advance(60);
    let made_up: Vec<String> = (0..20).map(|_| assertion(&trust.world, &next, IDP)).collect();
    let device = trust.world.device();
    let mut tasks = tokio::task::JoinSet::new();
    for text in made_up {
        let device = device.clone();
        tasks.spawn(async move { device.login(&text).await });
    }
    for reply in tasks.join_all().await {
        assert_eq!(reply.code(), "invalid_assertion", "{}", reply.body);
    }
    assert_eq!(trust.provider.asked(), 2);
}
