//! The CPU time of a refresh without HTTP and the store. The target is less than 40 us.
//!
//! ```text
//! cargo bench -p latchkey-tests --bench refresh
//! ```
//!
//! One iteration of *whole* does the work of one `POST /refresh`: parse the user agent, open the token, plan, apply the plan
//! to the row that the write returns, seal the successor, sign the access token (ES256), write the body.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use latchkey::config::Config;
use latchkey::domain::client_context::ClientContext;
use latchkey::domain::device::Device;
use latchkey::domain::scope::Scope;
use latchkey::domain::session::evidence::RequestKeys;
use latchkey::domain::session::presented::Presented;
use latchkey::domain::session::refresh_token::RefreshToken;
use latchkey::domain::session::rotation::{Plan, Rotation, plan};
use latchkey::domain::session::{NewSession, Session};
use latchkey::domain::time::Timestamp;
use latchkey::token::access::{self, Claims};
use latchkey::token::keys::generate_key_set;
use latchkey::token::refresh;
use latchkey::token::{SecretToken, assertion};
use latchkey_local::issuer::{ISSUER, Issuer, SignIn};
use latchkey_verifier::verify_access_token;
use serde_json::json;

const START: i64 = 1_790_000_000;
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const APP: &str = "ExampleApp/3.1 (Android 16; Pixel 10)";

/// The settings of a deployment, a session and its refresh token.
struct Deployment {
    config: Config,
    session: Session,
    token: SecretToken,
    now: Timestamp,
}

impl Deployment {
    fn new() -> Self {
        let keys = generate_key_set();
        let issuer = Issuer::generate().expect("the key can be generated");
        let config = Config::parse(|name| match name {
            "LATCHKEY_KEYS" => Some(keys.clone()),
            "LATCHKEY_ISSUER" => Some("https://app.example.com/api/auth".to_owned()),
            "LATCHKEY_AUDIENCE" => Some("https://app.example.com".to_owned()),
            "LATCHKEY_TRUSTED_ISSUERS" => Some(issuer.trusted_issuers("https://app.example.com")),
            _ => None,
        });
        let config = config.expect("the settings are valid");
        let begun = Timestamp::from_seconds(START);
        let key = &config.keys.refresh()[0];
        let nonce = key.nonce("an assertion");
        let new = NewSession {
            user: "9c2f6f0e-7f0e-4b8e-9a43-0c6a7b5f9d10".parse().expect("the user id is valid"),
            id: key.session_id("a signing input", begun),
            nonce: &nonce,
            key: key.tag(),
            made_by: None,
            bound_key: None,
            client: client_context(CHROME),
            auth_time: Some(begun),
            asserted_at: begun,
            upstream: None,
            scope: Scope::of(["orders:read", "orders:write"]),
        };
        let session = Session::open(new, begun, &config.lifetimes);
        let fingerprint = key.fingerprint(&session.id, &session.client, false);
        let token = key.seal(&session.refresh_token(nonce, fingerprint));
        Self { config, session, token, now: begun + Duration::from_secs(3_000) }
    }

    fn open(&self) -> RefreshToken {
        refresh::open(black_box(self.token.expose()), self.config.keys.refresh())
            .expect("the token has our seal")
    }

    fn rotation(&self, token: &RefreshToken, client: ClientContext) -> Rotation {
        let config = &self.config;
        let key = config.keys.refresh()[0].tag();
        let presented = Presented {
            token,
            keys: RequestKeys::default(),
            proven_key: None,
            client: &client,
            now: self.now,
        };
        match plan(&presented, key, &config.limits.refresh, &config.lifetimes) {
            Plan::Rotate(rotation) => *rotation,
            other => unreachable!("the window has room: {other:?}"),
        }
    }

    fn seal(&self, after: &Session, token: &RefreshToken) -> SecretToken {
        let key = &self.config.keys.refresh()[0];
        let fingerprint = key.fingerprint(&after.id, &after.client, false);
        key.seal(&after.refresh_token(token.nonce.clone(), fingerprint))
    }

    fn sign(&self, session: &Session) -> SecretToken {
        let config = &self.config;
        let claims = Claims {
            iss: config.issuer.clone(),
            sub: session.user.clone(),
            aud: config.audience.clone(),
            client_id: config.audience.clone(),
            iat: self.now.seconds(),
            exp: session.access_expires_at(self.now, config.lifetimes.access).seconds(),
            nbf: None,
            jti: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            sid: session.id,
            sst: Some(session.started_at().seconds()),
            auth_time: session.auth_time.map(|at| at.seconds()),
            scope: session.scope.clone(),
            cnf: None,
        };
        access::mint(&claims, config.keys.signer().expect("the set has a private key"))
            .expect("signing works")
    }

    fn body(&self, session: &Session, access: &SecretToken, refresh: &SecretToken) -> String {
        let access_expires_at = session.access_expires_at(self.now, self.config.lifetimes.access);
        json!({
            "session_id": session.id,
            "user_id": session.user,
            "expires_in": self.now.seconds_until(access_expires_at),
            "expires_at": access_expires_at.to_rfc3339(),
            "session_expires_at": session.absolute_expires_at.to_rfc3339(),
            "access_token": access.expose(),
            "token_type": "Bearer",
            "refresh_token": refresh.expose(),
            "refresh_expires_in": self.now.seconds_until(session.expires_at),
        })
        .to_string()
    }

    fn whole(&self) -> String {
        let client = client_context(black_box(CHROME));
        let token = self.open();
        let after = self.rotation(&token, client).apply(&self.session);
        let (access, refresh) = (self.sign(&after), self.seal(&after, &token));
        self.body(&after, &access, &refresh)
    }
}

fn client_context(agent: &str) -> ClientContext {
    ClientContext {
        ip: Some([203, 0, 113, 9].into()),
        agent: Some(agent.to_owned()),
        device: Device::parse(Some(agent)),
        ..ClientContext::default()
    }
}

fn refreshing(criterion: &mut Criterion) {
    let deployment = Deployment::new();
    let token = deployment.open();
    let after = deployment.rotation(&token, client_context(CHROME)).apply(&deployment.session);
    let (access, refresh) = (deployment.sign(&after), deployment.seal(&after, &token));
    let mut group = criterion.benchmark_group("refresh");
    group.bench_function("whole", |bencher| bencher.iter(|| deployment.whole()));
    group.bench_function("parse the agent", |bencher| bencher.iter(|| client_context(black_box(CHROME))));
    group.bench_function("open the token", |bencher| bencher.iter(|| deployment.open()));
    group.bench_function("plan and apply", |bencher| {
        bencher.iter(|| {
            deployment.rotation(&token, deployment.session.client.clone()).apply(&deployment.session)
        })
    });
    group.bench_function("sign the access token", |bencher| bencher.iter(|| deployment.sign(&after)));
    group.bench_function("seal the successor", |bencher| bencher.iter(|| deployment.seal(&after, &token)));
    group.bench_function("write the body", |bencher| {
        bencher.iter(|| deployment.body(&after, &access, &refresh))
    });
    group.finish();
}

fn checking(criterion: &mut Criterion) {
    let deployment = Deployment::new();
    let (config, access) = (&deployment.config, deployment.sign(&deployment.session));
    let verify = |text: &str| {
        let (keys, now) = (config.keys.verifying(), deployment.now.into());
        verify_access_token(text, keys, &config.issuer, &config.audience, now).is_ok()
    };
    assert!(verify(access.expose()));
    let mut spoilt = access.expose().to_owned();
    spoilt.replace_range(spoilt.len() - 20..spoilt.len() - 19, "_");
    let mut group = criterion.benchmark_group("check");
    group.bench_function("an access token", |bencher| bencher.iter(|| verify(black_box(access.expose()))));
    group.bench_function("a made-up access token", |bencher| {
        bencher.iter(|| verify(black_box("made.up.token")))
    });
    group.bench_function("a spoilt access token", |bencher| bencher.iter(|| verify(black_box(&spoilt))));
    group.bench_function("a made-up refresh token", |bencher| {
        bencher.iter(|| refresh::open(black_box(access.expose()), config.keys.refresh()).is_err())
    });
    let issuer = Issuer::generate().expect("the key can be generated");
    let text =
        issuer.assertion(&config.audience, &SignIn::of("alice"), deployment.now).expect("signing works");
    let trusted = latchkey::token::issuer::parse_trusted_issuers(
        &issuer.trusted_issuers(&config.audience),
        &config.issuer,
        latchkey::token::issuer::KeyUrls::Https,
    );
    let trusted = trusted.expect("the list is valid");
    assert_eq!(trusted[0].issuer, ISSUER);
    let keys = match &trusted[0].keys {
        latchkey::token::issuer::IssuerKeys::Inline(keys) => keys.clone(),
        latchkey::token::issuer::IssuerKeys::Url(_) => unreachable!("the stand-in's keys are inline"),
    };
    group.bench_function("an assertion", |bencher| {
        bencher.iter(|| {
            assertion::verify(black_box(&text), &trusted[0], &keys, deployment.now, config.assertion_max_age)
                .is_ok()
        })
    });
    group.finish();
}

fn agents(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("agent");
    for (name, agent) in [("a browser", CHROME), ("an app", APP), ("noise of 512 bytes", &"(;/ ".repeat(128))]
    {
        group.bench_function(name, |bencher| bencher.iter(|| Device::parse(Some(black_box(agent)))));
    }
    group.finish();
}

criterion_group!(benches, refreshing, checking, agents);
criterion_main!(benches);
