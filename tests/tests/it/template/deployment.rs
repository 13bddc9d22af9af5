//! The stack in this process: each function's own routes with its own settings, behind the template's routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use axum::Router;
use axum::body::Body;
use http::Request;
use latchkey::api;
use latchkey::app::App;
use latchkey::app::cleanup::{self, Budget, CleanupMode};
use latchkey::app::fleet::count_hours::count_hours;
use latchkey::clock::Clock as _;
use latchkey::config::{AuthorizerConfig, AuthorizerMode, CleanupConfig, Config};
use latchkey::http::service;
use latchkey::lambda::authorizer::Authorizer;
use latchkey::store::{LiveSessions, Store, connect};
use latchkey_local::clock::MovableClock;
use latchkey_local::gateway;
use latchkey_local::keys;
use latchkey_local::secret;
use latchkey_local::server::LocalServer;
use latchkey_tests::world::{ORIGIN_SECRET, START, World};
use latchkey_verifier::RequireSignedIn;
use serde_json::Value;
use tower::{ServiceExt as _, service_fn};

use super::recorder::Recorder;
use super::routes;
use super::stack::{Stack, members};
use super::tables::names;

/// The audience of the tokens.
pub(crate) const AUDIENCE: &str = "https://app.example.com";

/// The functions behind the API, as the template calls them.
pub(crate) const BEHIND_THE_API: [&str; 4] =
    ["LoginFunction", "RefreshFunction", "SessionsFunction", "RevokeFunction"];

/// A stack, its tables in memory, and the calls that each function made to them.
pub(crate) struct Deployment {
    /// Users and their devices. The clock stands still until a test moves it.
    pub(crate) world: World,
    stack: Stack,
    recorders: BTreeMap<String, Recorder>,
}

/// The routes of a function, the same as in its `main.rs`.
pub(crate) fn routes_of(function: &str) -> Router<App> {
    match function {
        "LoginFunction" => api::login::routes(),
        "RefreshFunction" => api::refresh::routes(),
        "SessionsFunction" => api::sessions::routes(),
        "RevokeFunction" => api::revoke::routes(),
        other => panic!("{other} is not behind the API"),
    }
}

/// The template with its required parameters, and a key set that `latchkey-local secret` split.
pub(crate) fn stack(template: &Value, server: &LocalServer, parameters: &[(&str, &str)]) -> Stack {
    let trusted = server.issuer.trusted_issuers(&server.audience);
    let own = [("Audience", AUDIENCE), ("TrustedIssuers", trusted.as_str()), ("AuthorizerMode", "strict")];
    let stack = Stack::of(template, &[&own, parameters].concat());
    let secret = secret::secret(&keys::generate()).expect("a new set is a good one");
    let secret: Value = serde_json::from_str(&secret).expect("JSON");
    let cut =
        members(&secret).fold(stack, |stack, (name, set)| stack.secret(name, set.as_str().expect("text")));
    cut.secret("origin_sent", ORIGIN_SECRET).secret("origin_accepted", ORIGIN_SECRET)
}

/// A local server with the template's table names. Tests use its engine, its clock and its identity provider.
pub(crate) async fn local_server() -> LocalServer {
    let names = names();
    let settings = [
        ("TABLE_SESSIONS", names.sessions.as_str()),
        ("TABLE_RATE_LIMITS", names.rate_limits.as_str()),
        ("TABLE_SECURITY_EVENTS", names.security_events.as_str()),
        ("LATCHKEY_AUDIENCE", AUDIENCE),
    ];
    let server = LocalServer::builder().clock(MovableClock::at(START)).settings(&settings);
    server.build().await.expect("the settings are valid")
}

impl Deployment {
    /// Deploys the template with these parameters.
    pub(crate) async fn of(template: &Value, parameters: &[(&str, &str)]) -> Self {
        let server = local_server().await;
        let stack = stack(template, &server, parameters);
        let mut deployment = Self { world: World { server }, stack, recorders: BTreeMap::new() };
        let mut functions = BTreeMap::new();
        for function in BEHIND_THE_API {
            functions.insert(function.to_owned(), deployment.function(function).await);
        }
        let routes = routes::of(&deployment.stack);
        let dispatch = service_fn(move |request: Request<Body>| {
            let function = routes::function_at(&routes, request.uri().path()).expect("the API has this path");
            functions[function].clone().oneshot(request)
        });
        let router = Router::new().fallback_service(dispatch);
        let policy = deployment.world.server.app.config().cookies.policy.clone();
        deployment.world.server.router = gateway::in_front_of(router, policy);
        deployment
    }

    /// The calls of a function that were recorded.
    pub(crate) fn recorders(&self) -> &BTreeMap<String, Recorder> {
        &self.recorders
    }

    /// The stack that was deployed.
    pub(crate) fn stack(&self) -> &Stack {
        &self.stack
    }

    async fn function(&mut self, function: &str) -> Router {
        let environment = self.stack.environment(function);
        let config = Config::parse(|name| environment.get(name).cloned()).expect("its settings are valid");
        let store = Store::new(self.client(function), &config);
        store.warm(self.world.now()).await;
        let clock = Arc::new(self.world.server.clock.clone());
        service(routes_of(function), App::new(config, store, clock))
    }

    /// A client of the engine that records the calls of this function. The faults of the local server apply to it, too.
    fn client(&mut self, function: &str) -> Client {
        let server = &self.world.server;
        let engine = server.engine.as_ref().expect("it is embedded");
        let recorder = self.recorders.entry(function.to_owned()).or_default();
        let http = recorder.record(server.faults.wrap(engine.client()));
        let credentials = Credentials::new("local", "local", None, None, "tests");
        connect::client(http, "eu-central-1", Some("http://127.0.0.1:8000"), credentials)
    }

    /// The store and the settings of the cleanup function.
    async fn scheduled(&mut self) -> (Store, CleanupConfig) {
        let environment = self.stack.environment("CleanupFunction");
        let config = CleanupConfig::parse(|name| environment.get(name).cloned()).expect("valid settings");
        let client = self.client("CleanupFunction");
        let store = Store::with(client, config.tables.clone(), config.expiry_shards, config.event_ttl);
        store.warm(self.world.now()).await;
        (store, config)
    }

    /// Counts the hours of the overview, as the schedule does.
    pub(crate) async fn count_hours(&mut self) {
        let (store, config) = self.scheduled().await;
        let counted = count_hours(&store, config.expiry_shards, config.refresh_lifetime, self.world.now());
        counted.await.expect("it counts");
    }

    /// Runs a cleanup, as the schedule does.
    pub(crate) async fn clean(&mut self) -> cleanup::Report {
        let (store, config) = self.scheduled().await;
        let clock = Arc::new(self.world.server.clock.clone());
        let run = cleanup::run(&store, clock, config.expiry_shards, Budget::on_demand(), CleanupMode::Clean);
        run.await.expect("it runs")
    }

    /// Sends an event to the authorizer, as another API does.
    pub(crate) async fn authorize(&mut self, event: &Value) -> Value {
        let environment = self.stack.environment("AuthorizerFunction");
        let config = AuthorizerConfig::parse(|name| environment.get(name).cloned()).expect("valid settings");
        let AuthorizerMode::Strict { sessions } = &config.mode else { panic!("the stack sets strict mode") };
        let live = LiveSessions::new(self.client("AuthorizerFunction"), sessions);
        live.warm(self.world.now()).await;
        let clock = self.world.server.clock.clone();
        let check = RequireSignedIn::strict(config.verifier(), live).cookies(config.cookies);
        let check = check.clock(move || clock.now().into());
        let answer = Authorizer::new(check).authorize(event).await.expect("the check is possible");
        serde_json::to_value(answer).expect("JSON")
    }
}
