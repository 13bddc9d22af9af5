//! The recipes of docs/identity-providers.md: each setting accepts a token of that provider's shape, and nothing
//! for another audience.

mod page;
mod signer;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{Logs, PATIENT, Reply, Tokens, World, payload};
use page::Recipe;
use serde_json::{Value, json};
use signer::{Ec, Rsa, Signer};

/// Each provider with the header of its tokens, without `kid`.
fn providers() -> [(&'static str, Value); 8] {
    let rs256 = json!({"alg": "RS256", "typ": "JWT"});
    [
        ("Supabase Auth", json!({"alg": "ES256", "typ": "JWT"})),
        ("Auth0", rs256.clone()),
        ("Amazon Cognito", json!({"alg": "RS256"})),
        ("Clerk", json!({"alg": "RS256", "typ": "JWT", "cat": "cl_B7d4PD111AAA"})),
        ("Firebase Authentication", rs256.clone()),
        ("Sign in with Google", rs256.clone()),
        ("Keycloak", rs256),
        ("Your own backend", json!({"alg": "ES256", "typ": "JWT"})),
    ]
}

/// A deployment with the setting of one recipe. The provider publishes its keys at the `jwks_url` of the page.
struct Deployment {
    world: World,
    recipe: Recipe,
    header: Value,
    signer: Signer,
}

impl Deployment {
    async fn of(provider: &str) -> Self {
        let (_, header) = providers().into_iter().find(|(name, _)| *name == provider).expect("a provider");
        let signer = match header["alg"].as_str() {
            Some("ES256") => Signer::Ec(Ec::generate()),
            _ => Signer::Rsa(Rsa::generate()),
        };
        let recipe = Recipe::read(provider);
        let published = Published { url: recipe.jwks_url(), keys: published(&signer).to_string() };
        let (keys, trusted) = (generate_key_set(), recipe.setting.to_string());
        let own = [("LATCHKEY_KEYS", keys.as_str()), ("LATCHKEY_TRUSTED_ISSUERS", trusted.as_str())];
        let cache = IssuerKeyCache::with_connector(SharedHttpConnector::new(published));
        let world = World::new().await.redeployed(&[&PATIENT[..], &own].concat(), cache);
        Self { world, recipe, header, signer }
    }

    /// The claims of the page as if they were issued now; `changes` replace claims, and `null` removes one.
    fn claims(&self, changes: &Value) -> Value {
        let mut claims = self.recipe.claims_at(self.world.now().seconds());
        let members = claims.as_object_mut().expect("claims are an object");
        members.extend(changes.as_object().expect("changes are an object").clone());
        members.retain(|_, value| !value.is_null());
        claims
    }

    async fn sign_in(&self, changes: Value) -> Reply {
        self.sign_in_with(self.header.clone(), changes).await
    }

    async fn sign_in_with(&self, header: Value, changes: Value) -> Reply {
        let token = self.signer.sign(header, &self.claims(&changes));
        self.world.device().login(&token).await
    }
}

/// The provider's keys as providers publish them: with a certificate, and beside keys for other purposes.
fn published(signer: &Signer) -> Value {
    let mut key = signer.jwk();
    key["x5c"] = json!(["MIIC"]);
    let next = Rsa::generate().jwk("next");
    let encryption =
        json!({"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "enc", "n": next["n"], "e": "AQAB"});
    json!({"keys": [encryption, next, key]})
}

/// Answers the one URL that the settings name.
#[derive(Debug)]
struct Published {
    url: String,
    keys: String,
}

impl HttpConnector for Published {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert_eq!(request.uri(), self.url, "only the URL of the settings is fetched");
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(self.keys.clone()))))
    }
}

#[tokio::test]
async fn each_recipe_signs_in_the_user_of_its_sample_token() {
    for (provider, _) in providers() {
        let deployment = Deployment::of(provider).await;
        let reply = deployment.sign_in(json!({})).await;
        assert_eq!(reply.status, 201, "{provider}: {}", reply.body);
        let entry = &deployment.recipe.setting[0];
        let sub = deployment.recipe.claims["sub"].as_str().expect("a sub");
        let prefix = entry["user_prefix"].as_str().unwrap_or_default();
        assert_eq!(reply.body["user_id"], format!("{prefix}{sub}"), "{provider}");
        let granted = payload(&Tokens::of(&reply).access);
        assert!(granted["auth_time"].is_i64(), "{provider}: the time of the sign-in is known");
        let scope = granted["scope"].as_str().unwrap_or_default();
        assert_eq!(scope, deployment.recipe.granted_scope(), "{provider}");
    }
}

#[tokio::test]
async fn each_recipe_refuses_its_sample_token_for_another_audience() {
    for (provider, _) in providers() {
        let deployment = Deployment::of(provider).await;
        for aud in [json!("another"), json!(["another"]), Value::Null] {
            let reply = deployment.sign_in(json!({"aud": aud})).await;
            reply.assert_problem(401, "invalid_assertion").assert_no_cookie();
        }
    }
}

#[tokio::test]
async fn each_recipe_refuses_another_tenant_of_the_same_provider() {
    for (provider, _) in providers() {
        let deployment = Deployment::of(provider).await;
        let issuer = deployment.recipe.claims["iss"].as_str().expect("an iss");
        for other in [format!("{issuer}/"), issuer.trim_end_matches('/').to_owned() + "2"] {
            let reply = deployment.sign_in(json!({"iss": other})).await;
            reply.assert_problem(401, "invalid_assertion");
        }
    }
}

#[tokio::test]
async fn the_kinds_of_token_that_the_page_excludes_are_refused() {
    let cases = [
        ("Clerk", json!({"alg": "RS256", "typ": "JWT"}), json!({"aud": null, "sid": "sess_1", "v": 2})),
        (
            "Amazon Cognito",
            json!({"alg": "RS256"}),
            json!({"aud": null, "client_id": "x", "token_use": "access"}),
        ),
        ("Auth0", json!({"alg": "RS256", "typ": "at+jwt"}), json!({})),
        ("Keycloak", json!({"alg": "RS256", "typ": "JWT"}), json!({"aud": "account", "typ": "Bearer"})),
        ("Supabase Auth", json!({"alg": "HS256", "typ": "JWT"}), json!({})),
    ];
    for (provider, header, changes) in cases {
        let reply = Deployment::of(provider).await.sign_in_with(header, changes).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_assertion"), "{provider}");
    }
}

#[tokio::test]
async fn an_anonymous_supabase_user_gets_no_session() {
    let deployment = Deployment::of("Supabase Auth").await;
    let anonymous =
        json!({"is_anonymous": true, "email": "", "amr": [{"method": "anonymous", "timestamp": 0}]});
    deployment.sign_in(anonymous).await.assert_problem(403, "claim_not_accepted");
}

#[tokio::test]
async fn an_anonymous_firebase_user_gets_no_session() {
    let deployment = Deployment::of("Firebase Authentication").await;
    let mut firebase = deployment.recipe.claims["firebase"].clone();
    firebase["sign_in_provider"] = json!("anonymous");
    deployment.sign_in(json!({"firebase": firebase})).await.assert_problem(403, "claim_not_accepted");
}

#[tokio::test]
async fn an_auth0_token_without_max_age_needs_iat_as_the_time_of_the_sign_in() {
    let deployment = Deployment::of("Auth0").await;
    let reply = deployment.sign_in(json!({"auth_time": null})).await;
    assert_eq!(payload(&Tokens::of(&reply).access)["auth_time"], Value::Null);
}

/// The reasons in the page's table are the ones that the log has, and all of them.
#[tokio::test]
async fn the_log_names_the_reasons_of_the_page() {
    let logs = Logs::listen();
    let deployment = Deployment::of("Your own backend").await;
    let now = deployment.world.now().seconds();
    deployment.sign_in(json!({"iss": "https://shop.example.com/"})).await;
    deployment.sign_in_with(json!({"alg": "ES256", "typ": "at+jwt"}), json!({})).await;
    deployment.sign_in(json!({"iat": now.to_string()})).await;
    deployment.sign_in(json!({"aud": "another"})).await;
    deployment.sign_in(json!({"iat": now - 601})).await;
    deployment.sign_in(json!({"events": {}})).await;
    let used =
        deployment.signer.sign(deployment.header.clone(), &deployment.claims(&json!({"exp": now + 300})));
    let phone = deployment.world.device().agent(latchkey_tests::world::FIREFOX);
    assert_eq!(deployment.world.device().login(&used).await.status, 201);
    phone.login(&used).await.assert_problem(401, "invalid_assertion");
    let lines = logs.ours();
    let logged: Vec<&str> = lines.iter().filter_map(|line| line["cause"].as_str()).collect();
    assert_eq!(logged, page::causes());
}
