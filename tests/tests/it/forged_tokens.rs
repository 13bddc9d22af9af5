//! Forged access tokens: all of them get the same response, and none causes a store call.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64URL};
use latchkey_tests::world::{Reply, World};
use latchkey_verifier::{Jwk, JwsError, VerifyingKey, verify_signature};
use serde_json::{Value, json};

/// A world, one of its valid access tokens, and its signing key.
struct Forge {
    world: World,
    key: EcdsaKeyPair,
    kid: String,
    token: String,
    refresh: String,
}

impl Forge {
    async fn new() -> Self {
        let keys = latchkey::token::keys::generate_key_set();
        let world = World::with(&[("LATCHKEY_KEYS", &keys)]).await;
        let keys: Value = serde_json::from_str(&keys).expect("a key set is JSON");
        let member = |name: &str| decoded(keys["keys"][0][name].as_str().expect("an EC key has it"));
        let public = [vec![4], member("x"), member("y")].concat();
        let key = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &member("d"),
            &public,
        );
        let tokens = world.device().sign_in("alice").await;
        Self {
            key: key.expect("the halves belong together"),
            kid: keys["keys"][0]["kid"].as_str().expect("it has a kid").to_owned(),
            token: tokens.access,
            refresh: tokens.refresh,
            world,
        }
    }

    fn parts(&self) -> [&str; 3] {
        let parts: Vec<&str> = self.token.split('.').collect();
        parts.try_into().expect("a token has three parts")
    }

    fn claims(&self) -> Value {
        serde_json::from_slice(&decoded(self.parts()[1])).expect("claims are JSON")
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "kid": self.kid, "typ": "at+jwt"})
    }

    /// Signs a token with the deployment's own key, so that only its header or claims can be wrong.
    fn signed(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        signed_by(&self.key, header, payload)
    }

    /// Signs the token with changed header members; null removes one.
    fn with_header(&self, changes: Value) -> String {
        self.signed(changed(self.header(), changes).to_string(), self.claims().to_string())
    }

    /// Signs the token with changed claims; null removes one.
    fn with_claims(&self, changes: Value) -> String {
        self.signed(self.header().to_string(), changed(self.claims(), changes).to_string())
    }

    async fn list(&self, token: &str) -> Reply {
        self.world.device().list(token).await
    }

    /// Sends each forgery and checks that all get the same refusal, without a store call.
    async fn assert_refused(&self, forgeries: impl IntoIterator<Item = String>) -> usize {
        let expected = refusal(self.list("no.token.atall").await);
        assert_eq!(expected.0, 401);
        assert!(expected.1.contains("\"invalid_token\""), "{}", expected.1);
        self.world.server.stats.reset();
        let mut count = 0;
        for forgery in forgeries {
            let shown: String = forgery.chars().take(300).collect();
            assert_ne!(forgery, self.token, "the forgery is the token itself");
            let reply = self.list(&forgery).await;
            assert_eq!(reply.code(), "invalid_token", "{shown}: {}", reply.body);
            assert_eq!(refusal(reply), expected, "{shown}");
            count += 1;
        }
        assert_eq!(self.world.server.stats.total().calls, 0, "a forged token causes no store call");
        count
    }
}

/// The status, body and headers without the request id.
fn refusal(mut reply: Reply) -> (u16, String, Vec<String>) {
    let id = reply.body.as_object_mut().and_then(|body| body.remove("request_id"));
    assert!(id.is_some(), "expected a problem, got {} {}", reply.status, reply.body);
    reply.headers.remove("x-request-id");
    let mut headers: Vec<String> =
        reply.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.sort();
    (reply.status.as_u16(), reply.body.to_string(), headers)
}

fn changed(mut object: Value, changes: Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("changes are an object") {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    object
}

fn signed_by(key: &EcdsaKeyPair, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let input = format!("{}.{}", encoded(header), encoded(payload));
    let signature = key.sign(&SystemRandom::new(), input.as_bytes()).expect("it signs");
    format!("{input}.{}", encoded(signature))
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL.encode(bytes)
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64URL.decode(text).expect("base64url")
}

#[tokio::test]
async fn an_unchanged_token_of_the_test_signer_is_accepted() {
    let forge = Forge::new().await;
    forge.world.server.stats.reset();
    let deep = format!("{{\"x\":{}1{},", "[".repeat(2_000), "]".repeat(2_000));
    for good in [
        forge.token.clone(),
        forge.with_claims(json!({})),
        forge.with_header(json!({"typ": "application/at+jwt"})),
        // Header members that name another key are ignored, so the genuine signature is still valid.
        forge.with_header(
            json!({"jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/cert"}),
        ),
        // An unknown member of great depth is skipped without recursion.
        forge.signed(forge.header().to_string(), forge.claims().to_string().replacen('{', &deep, 1)),
    ] {
        let reply = forge.list(&good).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    let operations = forge.world.server.stats.snapshot().dynamodb;
    assert_eq!(operations["Query"].calls, 5, "a valid token costs one read");
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let forge = Forge::new().await;
    let [_, payload, signature] = forge.parts();
    let names = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        " none",
        "none\u{0}",
        "null",
        "ES256none",
        "es256",
        "ES256 ",
        "HS256",
    ];
    let mut headers: Vec<Value> = names.iter().map(|name| json!({"alg": name, "typ": "at+jwt"})).collect();
    headers.extend(headers.clone().into_iter().map(|header| changed(header, json!({"kid": forge.kid}))));
    headers.push(json!({"typ": "at+jwt", "kid": forge.kid}));
    headers.extend(
        [json!(null), json!([]), json!(["ES256"]), json!(0), json!({"alg": "ES256"})]
            .map(|alg| json!({"alg": alg, "kid": forge.kid, "typ": "at+jwt"})),
    );
    headers.extend([json!([]), json!("ES256"), json!(7), json!(null)]);
    let tokens = headers.iter().flat_map(|header| {
        let input = format!("{}.{payload}", encoded(header.to_string()));
        [format!("{input}."), input.clone(), format!("{input}.{signature}")]
    });
    // The correct header without a signature.
    let cut = [format!("{}.{payload}.", forge.parts()[0]), format!("{}.{payload}", forge.parts()[0])];
    let count = forge.assert_refused(tokens.chain(cut)).await;
    assert_eq!(count, headers.len() * 3 + 2);
}

#[tokio::test]
async fn our_public_key_is_never_accepted_as_a_shared_secret() {
    let forge = Forge::new().await;
    let [.., payload, _] = forge.parts();
    let point = forge.key.public_key().as_ref();
    // SubjectPublicKeyInfo of a P-256 key: 26 constant bytes, then the point.
    let der = [&decoded("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA")[..], point].concat();
    let text = STANDARD.encode(&der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let jwks = forge.world.device().get("/api/auth/.well-known/jwks.json").await.body;
    let secrets: Vec<Vec<u8>> = vec![
        pem.clone().into(),
        format!("{pem}\n").into(),
        pem.replace('\n', "\r\n").into(),
        text.into(),
        der,
        point.to_vec(),
        point[1..].to_vec(),
        jwks.to_string().into(),
        jwks["keys"][0].to_string().into(),
        jwks["keys"][0]["x"].to_string().into(),
        decoded(jwks["keys"][0]["x"].as_str().expect("x is text")),
        vec![],
        b"secret".to_vec(),
    ];
    let mut forgeries = vec![];
    for (name, algorithm) in
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        for secret in &secrets {
            for header in [json!({"alg": name}), json!({"alg": "ES256"})] {
                let header = changed(forge.header(), header).to_string();
                let input = format!("{}.{payload}", encoded(header));
                let seal = hmac::sign(&hmac::Key::new(algorithm, secret), input.as_bytes());
                forgeries.push(format!("{input}.{}", encoded(seal)));
            }
        }
    }
    assert_eq!(forge.assert_refused(forgeries).await, 3 * 2 * secrets.len());
}

#[tokio::test]
async fn a_key_in_the_token_is_never_used() {
    let forge = Forge::new().await;
    let own = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let point = own.public_key().as_ref();
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": forge.kid,
        "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
    });
    let certificate = STANDARD.encode(point);
    let brought = [
        json!({}),
        json!({"jwk": jwk}),
        json!({"jku": "https://evil.example/jwks.json"}),
        json!({"jku": "http://127.0.0.1:9000/api/auth/.well-known/jwks.json#@evil.example"}),
        json!({"x5u": "https://evil.example/cert.pem"}),
        json!({"x5c": [certificate]}),
        json!({"x5t": encoded([0; 20]), "x5t#S256": encoded([0; 32])}),
        json!({"jwk": jwk, "jku": "https://evil.example", "x5u": "https://evil.example", "x5c": [certificate]}),
        json!({"iss": "https://evil.example"}),
    ];
    let claims = forge.claims().to_string();
    let forgeries = brought.iter().flat_map(|members| {
        let known = changed(forge.header(), members.clone());
        let unknown = changed(known.clone(), json!({"kid": "evil"}));
        let unnamed = changed(known.clone(), json!({"kid": null}));
        [known, unknown, unnamed].map(|header| signed_by(&own, header.to_string(), &claims))
    });
    assert_eq!(forge.assert_refused(forgeries).await, brought.len() * 3);
}

#[tokio::test]
async fn our_own_signature_under_a_wrong_header_is_refused() {
    let forge = Forge::new().await;
    let changes = [
        json!({"typ": null}),
        json!({"typ": "JWT"}),
        json!({"typ": ""}),
        json!({"typ": "at"}),
        json!({"typ": "at+jwt "}),
        json!({"typ": "refresh+jwt"}),
        json!({"typ": "logout+jwt"}),
        json!({"typ": "application/at+jwt; charset=utf-8"}),
        json!({"typ": ["at+jwt"]}),
        json!({"crit": []}),
        json!({"crit": ["exp"], "exp": 0}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"crit": ["b64"], "b64": true}),
        json!({"crit": "kid"}),
        json!({"crit": ["http://example.com/unknown"]}),
        json!({"alg": "RS256"}),
        json!({"alg": "ES384"}),
        json!({"alg": "ES512"}),
        json!({"alg": "ES256K"}),
        json!({"alg": "EdDSA"}),
        json!({"alg": "PS256"}),
        json!({"kid": "../../dev/null"}),
        json!({"kid": "../../../../../../proc/sys/kernel/randomize_va_space"}),
        json!({"kid": "' OR 1=1 --"}),
        json!({"kid": "' UNION SELECT 'secret' --"}),
        json!({"kid": "|| sleep 5"}),
        json!({"kid": ""}),
        json!({"kid": "a".repeat(8_192)}),
        json!({"kid": format!("{} ", forge.kid)}),
        json!({"kid": format!("{}\u{0}", forge.kid)}),
        json!({"kid": forge.kid.to_uppercase()}),
        json!({"kid": [forge.kid]}),
        json!({"kid": 0}),
        json!({"kid": {"a": 1}}),
    ];
    let forgeries = changes.iter().map(|change| forge.with_header(change.clone()));
    assert_eq!(forge.assert_refused(forgeries).await, changes.len());
    // A repeated member is refused, because no rule defines which value counts.
    let twice = |member: &str| forge.header().to_string().replacen('{', &format!("{{{member},"), 1);
    let headers = [
        twice(&format!("\"kid\":\"{}\"", forge.kid)),
        twice("\"kid\":\"other\""),
        twice("\"alg\":\"none\""),
        twice("\"alg\":\"ES256\""),
        twice("\"typ\":\"JWT\""),
        format!("{} ", forge.header()) + "x",
        format!("{}{}", forge.header(), forge.header()),
        format!("\u{feff}{}", forge.header()),
        "{".repeat(4_000),
        format!(
            "{{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":{}1{}}}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        ),
    ];
    let claims = forge.claims().to_string();
    let forgeries = headers.iter().map(|header| forge.signed(header, &claims));
    assert_eq!(forge.assert_refused(forgeries).await, headers.len());
}

#[tokio::test]
async fn our_own_signature_over_wrong_claims_is_refused() {
    let forge = Forge::new().await;
    let now = forge.world.now().seconds();
    let changes = [
        json!({"iss": "http://127.0.0.1:9000/api/auth/"}),
        json!({"iss": "https://evil.example/api/auth"}),
        json!({"iss": null}),
        json!({"aud": "other"}),
        json!({"aud": ["latchkey-local"]}),
        json!({"aud": null}),
        json!({"client_id": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": "a\u{0}b"}),
        json!({"sub": "x".repeat(383)}),
        json!({"sub": {"S": "alice"}}),
        json!({"sid": null}),
        json!({"sid": "HEAD"}),
        json!({"sid": "../HEAD"}),
        json!({"exp": null}),
        json!({"exp": (now + 60).to_string()}),
        json!({"exp": 1e300}),
        json!({"exp": true}),
        json!({"iat": now + 3_600}),
        json!({"nbf": now + 3_600}),
        json!({"nbf": "soon"}),
        json!({"jti": null}),
        json!({"auth_time": []}),
        json!({"scope": ["latchkey:admin"]}),
        json!({"extra": "a".repeat(64 * 1024)}),
    ];
    let forgeries = changes.iter().map(|change| forge.with_claims(change.clone()));
    assert_eq!(forge.assert_refused(forgeries).await, changes.len());
    let claims = forge.claims().to_string();
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let nested = |depth| claims.replacen('{', &format!("{{\"scope\":{},", nested(depth)), 1);
    let payloads = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"alice\"".to_owned(),
        claims.replacen('{', "{\"sub\":\"mallory\",", 1),
        claims.replacen('{', "{\"exp\":9999999999,", 1),
        format!("{claims}{claims}"),
        format!("{claims},"),
        nested(200),
        nested(2_000),
        "[".repeat(5_000),
        "{\"a\":".repeat(1_000),
    ];
    let forgeries = payloads.iter().map(|payload| forge.signed(forge.header().to_string(), payload));
    assert_eq!(forge.assert_refused(forgeries).await, payloads.len());
    let not_utf8 = [&b"{\"sub\":\"\xff\xfe\","[..], &claims.as_bytes()[1..]].concat();
    forge.assert_refused([forge.signed(forge.header().to_string(), not_utf8)]).await;
}

#[tokio::test]
async fn one_flipped_bit_makes_a_token_invalid() {
    let forge = Forge::new().await;
    let parts = forge.parts();
    let mut forgeries = vec![];
    for (index, part) in parts.iter().enumerate() {
        let bytes = decoded(part);
        for (at, bit) in (0..bytes.len()).flat_map(|at| [(at, 0), (at, 3), (at, 7)]) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let flipped = encoded(flipped);
            let mut changed = parts;
            changed[index] = &flipped;
            forgeries.push(changed.join("."));
        }
    }
    let count = forgeries.len();
    assert!(count > 3 * (64 + 200), "{count}");
    assert_eq!(forge.assert_refused(forgeries).await, count);
}

#[tokio::test]
async fn a_token_has_only_one_encoding() {
    let forge = Forge::new().await;
    let [header, payload, signature] = forge.parts();
    let token = &forge.token;
    let mut forgeries: BTreeSet<String> = BTreeSet::new();
    // The unused bits of the last character must be zero.
    for (index, part) in forge.parts().into_iter().enumerate() {
        for last in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
            let mut other = part.as_bytes().to_vec();
            *other.last_mut().expect("a part has characters") = *last;
            let other = String::from_utf8(other).expect("it is ASCII");
            let mut parts = forge.parts();
            parts[index] = &other;
            forgeries.insert(parts.join("."));
        }
        let mut padded = forge.parts().map(str::to_owned);
        padded[index].push('=');
        forgeries.insert(padded.join("."));
    }
    forgeries.remove(token);
    forgeries.extend((1..=signature.len()).map(|cut| token[..token.len() - cut].to_owned()));
    forgeries.extend([
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{payload}.{signature}.{header}.{payload}"),
        format!("{header}.{header}.{payload}.{signature}"),
        format!("{token}A"),
        format!("{token}%20"),
        format!("{token},{token}"),
        format!("{token} {token}"),
        token.to_uppercase(),
        json!({"payload": payload, "protected": header, "signature": signature}).to_string(),
        json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]})
            .to_string(),
        format!("{header}.{payload}.{}", encoded([0; 64])),
        format!("{header}.{payload}.{}", encoded([0xff; 64])),
        format!("{header}.{payload}.{}", encoded([decoded(signature), vec![0]].concat())),
        format!("{header}.{payload}.{}", encoded([vec![0], decoded(signature)].concat())),
        format!("{header}.{payload}.{}", encoded(der_form(&decoded(signature)))),
        format!("{}.{payload}.{signature}", STANDARD.encode(decoded(header))) + "+/",
        "a".repeat(64 * 1024),
        format!("{header}.{}.{signature}", "a".repeat(64 * 1024)),
        format!("{header}.{payload}.{}", "a".repeat(64 * 1024)),
        ".".repeat(8_000),
        forge.refresh.clone(),
        forge.world.assertion("alice"),
    ]);
    let count = forgeries.len();
    assert_eq!(forge.assert_refused(forgeries).await, count);
}

/// A signature of two 32-byte numbers as the DER that other protocols use.
fn der_form(fixed: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| [&[2, 33, 0][..], number].concat();
    let both = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    [&[0x30, both.len() as u8][..], &both].concat()
}

#[tokio::test]
async fn a_token_of_another_deployment_is_refused() {
    let (forge, other) = (Forge::new().await, Forge::new().await);
    let under_our_kid = signed_by(&other.key, forge.header().to_string(), forge.claims().to_string());
    forge.assert_refused([other.token, other.refresh, under_our_kid]).await;
}

#[test]
fn two_keys_with_the_same_kid_verify_nothing() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let key = |pair: &EcdsaKeyPair, kid: &str| {
        let point = pair.public_key().as_ref();
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "EC", "crv": "P-256", "kid": kid, "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
        }))
        .expect("a JWK");
        VerifyingKey::from_jwk(&jwk).expect("a good key")
    };
    let token = signed_by(&pair, r#"{"alg":"ES256","kid":"a"}"#, "{}");
    let unnamed = signed_by(&pair, r#"{"alg":"ES256"}"#, "{}");
    assert!(verify_signature(&token, &[key(&pair, "a"), key(&other, "b")]).is_ok());
    let refused = |token: &str, keys: &[VerifyingKey]| verify_signature(token, keys).err();
    assert_eq!(refused(&token, &[key(&pair, "a"), key(&other, "a")]), Some(JwsError::NoKey));
    assert_eq!(refused(&token, &[key(&other, "a"), key(&pair, "a")]), Some(JwsError::NoKey));
    // A token without a `kid` is accepted only if there is a single candidate key.
    assert_eq!(refused(&unnamed, &[key(&pair, "a"), key(&other, "b")]), Some(JwsError::NoKey));
    assert!(verify_signature(&unnamed, &[key(&pair, "a")]).is_ok());
}
