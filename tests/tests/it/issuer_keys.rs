//! Keys that a trusted issuer publishes at a URL: they are fetched on demand up to a maximum size, cached, and kept
//! during an outage of the issuer.
//!
//! The issuer is a TCP server on loopback. Only DNS and TLS are replaced.

mod orders;
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
struct Deployment {
    world: World,
    provider: Provider,
    issuer: Issuer,
}

impl Deployment {
    async fn new() -> Self {
        Self::with(&json!([entry(IDP, "")])).await
    }

    async fn with(trusted: &Value) -> Self {
        let issuer = Issuer::generate().expect("a key");
        let provider = Provider::start(&issuer).await;
        let (keys, trusted) = (generate_key_set(), trusted.to_string());
        let may_order = trusted.contains("logout").to_string();
        let own = [
            ("LATCHKEY_KEYS", keys.as_str()),
            ("LATCHKEY_TRUSTED_ISSUERS", trusted.as_str()),
            ("PROVIDER_ORDERS", may_order.as_str()),
        ];
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

    /// Checks that the response is 503 and that no store call was made.
    async fn assert_unavailable(&self, assertion: &str) {
        self.world.server.stats.reset();
        let reply = self.login(assertion).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (503, "store_unavailable"), "{}", reply.body);
        assert_eq!(reply.header("retry-after"), "2");
        assert_eq!(reply.text("detail"), "the keys of the issuer cannot be fetched; try again later");
        assert_eq!(
            self.world.server.stats.total().calls,
            0,
            "a 503 counts no attempt and uses up no assertion"
        );
        // Without cached keys, the next request to the issuer follows only after a pause.
        self.world.advance(5);
    }
}

/// An assertion for a new user.
fn assertion(world: &World, issuer: &Issuer, iss: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let now = world.now().seconds();
    let user = format!("user-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let claims = json!({"iss": iss, "aud": "shop", "sub": user, "iat": now, "exp": now + 300});
    issuer.sign(&claims).expect("it signs")
}

#[tokio::test]
async fn keys_are_fetched_once_and_are_fresh_for_ten_minutes() {
    let deployment = Deployment::new().await;
    assert_eq!(deployment.provider.requests(), 0, "the keys are not fetched before they are needed");
    for _ in 0..3 {
        deployment.assert_signs_in(&deployment.assertion()).await;
    }
    deployment.world.advance(599);
    deployment.assert_signs_in(&deployment.assertion()).await;
    assert_eq!(deployment.provider.requests(), 1);
    deployment.world.advance(1);
    deployment.assert_signs_in(&deployment.assertion()).await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    assert_eq!(deployment.provider.requests(), 2);
}

#[tokio::test]
async fn a_key_that_the_issuer_withdrew_is_valid_for_ten_minutes_at_most() {
    let deployment = Deployment::new().await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    deployment.provider.publishes(&Issuer::generate().expect("a key"));
    deployment.world.advance(600);
    assert_eq!(deployment.login(&deployment.assertion()).await.code(), "invalid_assertion");
}

#[tokio::test]
async fn an_unknown_key_is_fetched_at_most_once_a_minute() {
    let deployment = Deployment::new().await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    let next = Issuer::generate().expect("a key");
    deployment.provider.publishes(&next);
    deployment.world.advance(59);
    assert_eq!(deployment.login(&assertion(&deployment.world, &next, IDP)).await.code(), "invalid_assertion");
    assert_eq!(deployment.provider.requests(), 1, "the last fetch was less than a minute ago");
    deployment.world.advance(1);
    deployment.assert_signs_in(&assertion(&deployment.world, &next, IDP)).await;
    assert_eq!(deployment.provider.requests(), 2);
    // Any number of invented key names causes only one request to the issuer per minute.
    for minute in 0..3 {
        deployment.world.advance(60);
        for _ in 0..20 {
            let made_up = assertion(&deployment.world, &Issuer::generate().expect("a key"), IDP);
            assert_eq!(deployment.login(&made_up).await.code(), "invalid_assertion");
        }
        assert_eq!(deployment.provider.requests(), 3 + minute);
        deployment.assert_signs_in(&assertion(&deployment.world, &next, IDP)).await;
    }
}

#[tokio::test]
async fn cached_keys_are_used_for_a_day_while_the_issuer_is_down() {
    let deployment = Deployment::new().await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    deployment.provider.answers_with(500, "down");
    deployment.world.advance(600);
    for _ in 0..5 {
        deployment.assert_signs_in(&deployment.assertion()).await;
    }
    assert_eq!(deployment.provider.requests(), 2, "an unavailable issuer gets one request per minute");
    deployment.world.advance(DAY - 600 - 60);
    deployment.assert_signs_in(&deployment.assertion()).await;
    deployment.world.advance(60);
    let unused = deployment.assertion();
    deployment.assert_unavailable(&unused).await;
    deployment.provider.publishes(&deployment.issuer);
    deployment.world.advance(60);
    deployment.assert_signs_in(&unused).await;
}

#[tokio::test]
async fn a_key_set_older_than_a_day_is_not_used_between_two_fetches() {
    let deployment = Deployment::new().await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    deployment.provider.answers_with(500, "down");
    deployment.world.advance(DAY);
    for _ in 0..3 {
        deployment.assert_unavailable(&deployment.assertion()).await;
    }
}

#[tokio::test]
async fn a_response_without_a_key_set_is_503_and_uses_up_no_assertion() {
    let deployment = Deployment::new().await;
    let oct = json!({"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}]}).to_string();
    let weak = json!({"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}]}).to_string();
    let (good, one) = (deployment.issuer.jwks().to_string(), deployment.assertion());
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
        deployment.provider.answers_with(status, body);
        deployment.assert_unavailable(&one).await;
    }
    deployment.provider.answers_with(200, vec![0xff; 100]);
    deployment.assert_unavailable(&one).await;
    deployment.provider.publishes(&deployment.issuer);
    deployment.assert_signs_in(&one).await;
}

#[tokio::test]
async fn unsupported_keys_in_a_set_are_ignored() {
    let deployment = Deployment::new().await;
    let mut set = deployment.issuer.jwks();
    let keys = set["keys"].as_array_mut().expect("keys");
    keys.insert(0, json!({"kty": "oct", "kid": "a", "k": "AAAA"}));
    keys.insert(0, json!({"kty": "EC", "crv": "P-521", "kid": "b", "x": "AA", "y": "AA"}));
    keys.push(json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "c", "pub": "AAAA"}));
    keys.push(json!(7));
    deployment.provider.answers_with(200, set.to_string());
    deployment.assert_signs_in(&deployment.assertion()).await;
}

#[tokio::test]
async fn a_response_of_more_than_256_kib_is_not_read() {
    let deployment = Deployment::new().await;
    let (set, one) = (deployment.issuer.jwks().to_string(), deployment.assertion());
    let padded = |length: usize| format!("{set}{}", " ".repeat(length - set.len()));
    for length in [256 * 1024 + 1, 8 * 1024 * 1024] {
        deployment.provider.answers_with(200, padded(length));
        deployment.assert_unavailable(&one).await;
    }
    deployment.provider.answers_with(200, padded(256 * 1024));
    deployment.assert_signs_in(&one).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let deployment = Deployment::new().await;
    let one = deployment.assertion();
    deployment.provider.answers(Answer::Redirect(deployment.issuer.jwks().to_string().into()));
    deployment.assert_unavailable(&one).await;
    assert_eq!((deployment.provider.requests(), deployment.provider.redirected()), (1, 0));
}

#[tokio::test]
async fn forged_assertions_cause_no_requests_to_an_unavailable_issuer() {
    let deployment = Deployment::new().await;
    deployment.provider.answers(Answer::Stall);
    deployment.login(&deployment.assertion()).await;
    for _ in 0..5 {
        assert_eq!(deployment.login(&deployment.assertion()).await.status, 503);
    }
    assert_eq!(deployment.provider.requests(), 1);
}

/// The runtime's clock is paused: it jumps to the next timer, so that two seconds take no time.
#[tokio::test(start_paused = true)]
async fn an_issuer_that_does_not_answer_is_503_within_three_seconds() {
    let deployment = Deployment::new().await;
    let one = deployment.assertion();
    for answer in [Answer::Silence, Answer::Stall] {
        deployment.provider.answers(answer.clone());
        let asked = tokio::time::Instant::now();
        deployment.assert_unavailable(&one).await;
        let waited = asked.elapsed();
        assert!((2_000..2_900).contains(&waited.as_millis()), "{answer:?}: {waited:?}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_slow_in_real_time_is_503_too() {
    let deployment = Deployment::new().await;
    let one = deployment.assertion();
    deployment.provider.answers(Answer::Stall);
    let asked = std::time::Instant::now();
    deployment.assert_unavailable(&one).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(deployment.provider.requests(), 1, "the provider had begun its response");
    deployment.provider.publishes(&deployment.issuer);
    deployment.assert_signs_in(&one).await;
}

#[tokio::test]
async fn with_cached_keys_a_slow_issuer_delays_one_request_per_minute() {
    let deployment = Deployment::new().await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    deployment.provider.answers(Answer::Silence);
    deployment.world.advance(600);
    let asked = std::time::Instant::now();
    for _ in 0..5 {
        deployment.assert_signs_in(&deployment.assertion()).await;
    }
    assert!(asked.elapsed() < Duration::from_millis(2_900), "{:?}", asked.elapsed());
    assert_eq!(deployment.provider.requests(), 2);
}

#[tokio::test]
async fn assertions_of_untrusted_issuers_cause_no_key_fetch() {
    let deployment = Deployment::new().await;
    let header = |extra: Value| {
        use base64::Engine as _;
        let now = deployment.world.now().seconds();
        let claims =
            json!({"iss": "https://evil.example", "aud": "shop", "sub": "a", "iat": now, "exp": now + 60});
        let encode =
            |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.AAAA", encode(&extra), encode(&claims))
    };
    for text in [
        assertion(&deployment.world, &deployment.issuer, "https://evil.example"),
        assertion(&deployment.world, &deployment.issuer, "https://idp.example.com/"),
        header(json!({"alg": "ES256", "jku": "https://evil.example/jwks.json"})),
        "a.b.c".to_owned(),
        "".to_owned(),
        "a".repeat(10_000),
    ] {
        let reply = deployment.login(&text).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_assertion"), "{text}");
    }
    assert_eq!(deployment.provider.requests(), 0);
}

#[tokio::test]
async fn keys_of_one_issuer_never_verify_assertions_of_another() {
    let stranger = Issuer::generate().expect("a key");
    let inline = json!({
        "issuer": "https://other.example.com", "audience": "shop", "user_prefix": "other|", "jwks": stranger.jwks(),
    });
    let deployment = Deployment::with(&json!([entry(IDP, "idp|"), inline])).await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    deployment.assert_signs_in(&assertion(&deployment.world, &stranger, "https://other.example.com")).await;
    for crossed in [
        assertion(&deployment.world, &deployment.issuer, "https://other.example.com"),
        assertion(&deployment.world, &stranger, IDP),
    ] {
        assert_eq!(deployment.login(&crossed).await.code(), "invalid_assertion");
    }
}

#[tokio::test]
async fn concurrent_sign_ins_fetch_an_unknown_key_once() {
    let deployment = Deployment::new().await;
    deployment.assert_signs_in(&deployment.assertion()).await;
    let next = Issuer::generate().expect("a key");
    deployment.world.advance(60);
    let made_up: Vec<String> = (0..20).map(|_| assertion(&deployment.world, &next, IDP)).collect();
    let device = deployment.world.device();
    let mut tasks = tokio::task::JoinSet::new();
    for text in made_up {
        let device = device.clone();
        tasks.spawn(async move { device.login(&text).await });
    }
    for reply in tasks.join_all().await {
        assert_eq!(reply.code(), "invalid_assertion", "{}", reply.body);
    }
    assert_eq!(deployment.provider.requests(), 2);
}

#[tokio::test]
async fn the_local_server_fetches_keys_over_http_from_this_machine() {
    let issuer = Issuer::generate().expect("a key");
    let provider = Provider::start(&issuer).await;
    let mut entry = entry(IDP, "");
    entry["jwks_url"] = json!(provider.http_url());
    let trusted = json!([entry]).to_string();
    // A world is a local server.
    let world = World::with(&[&PATIENT[..], &[("LATCHKEY_TRUSTED_ISSUERS", &trusted)]].concat()).await;
    let reply = world.device().login(&assertion(&world, &issuer, IDP)).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert_eq!(provider.requests(), 1);
}
