//! A deployment: functions and a local server on the same tables, with the same keys, issuer and audience.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use latchkey_local::engine::TcpServer;
use latchkey_local::server::LocalServer;
use latchkey_tests::binary::built;
use latchkey_tests::event::{Event, Reply};
use latchkey_tests::lambda::{Function, FunctionError, RuntimeApi};
use latchkey_tests::world::{Device, Tokens, World};
use serde_json::Value;

/// The four functions.
pub(crate) const FUNCTIONS: [&str; 4] = ["login", "refresh", "sessions", "revoke"];

/// The functions that issue tokens. The others get no private signing key.
pub(crate) const ISSUING: [&str; 2] = ["login", "refresh"];

const APP: &str = "https://app.example.com";

/// The agent of the sample events that come from an app rather than a browser.
pub(crate) const ANDROID: &str = "ExampleApp/3.1 (Android 16; Pixel 10)";

/// Tables, a router of the local server that uses them, and the functions that were started.
pub(crate) struct Deployment {
    /// The local server. It uses the system's clock, as the functions do.
    pub(crate) world: World,
    tables: TcpServer,
    keys: String,
    running: BTreeMap<String, Function>,
}

impl Deployment {
    /// Creates empty tables and starts no function yet.
    pub(crate) async fn new() -> Self {
        Self::of("https://app.example.com/api/auth").await
    }

    /// As [`Deployment::new`], with this issuer.
    pub(crate) async fn of(issuer: &str) -> Self {
        let keys = latchkey::token::keys::generate_key_set();
        let settings = [
            ("LATCHKEY_KEYS", keys.as_str()),
            ("LATCHKEY_ISSUER", issuer),
            ("LATCHKEY_AUDIENCE", APP),
            ("LATCHKEY_ALLOWED_ORIGINS", APP),
            ("COOKIE_SECURE", "true"),
        ];
        let server =
            LocalServer::builder().settings(&settings).build().await.expect("the settings are valid");
        let engine = server.engine.as_ref().expect("it is embedded");
        let tables = engine.serve_tcp().await.expect("loopback has a free port");
        Self { world: World { server }, tables, keys, running: BTreeMap::new() }
    }

    /// The address of the tables.
    pub(crate) fn tables(&self) -> SocketAddr {
        self.tables.address()
    }

    /// The settings of a function with only the keys that it needs.
    pub(crate) fn settings(&self, function: &str) -> BTreeMap<String, String> {
        let server = &self.world.server;
        let keys = if ISSUING.contains(&function) { self.keys.clone() } else { self.public_keys() };
        let settings = [
            ("LATCHKEY_KEYS", keys),
            ("LATCHKEY_ISSUER", server.app.config().issuer.clone()),
            ("LATCHKEY_AUDIENCE", server.audience.clone()),
            ("LATCHKEY_TRUSTED_ISSUERS", server.issuer.trusted_issuers(&server.audience)),
            ("LATCHKEY_ALLOWED_ORIGINS", APP.to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.tables.endpoint()),
            ("LOG_SAMPLE", "1".to_owned()),
        ];
        settings.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// The key set with the public half of its EC key.
    pub(crate) fn public_keys(&self) -> String {
        let mut set: Value = serde_json::from_str(&self.keys).expect("a key set is JSON");
        for key in set["keys"].as_array_mut().expect("a key set has keys") {
            key.as_object_mut().expect("a key is an object").remove("d");
        }
        set.to_string()
    }

    /// Every private value of the key set.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let set: Value = serde_json::from_str(&self.keys).expect("a key set is JSON");
        let keys = set["keys"].as_array().expect("a key set has keys");
        let members = keys.iter().flat_map(|key| [&key["d"], &key["k"]]).filter_map(Value::as_str);
        members.map(str::to_owned).collect()
    }

    /// Starts a new instance of a function with changed settings. An empty value removes a setting.
    pub(crate) async fn start(
        &self,
        function: &str,
        changes: &[(&str, &str)],
    ) -> Result<Function, Box<FunctionError>> {
        let mut settings = self.settings(function);
        settings.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        RuntimeApi::start().await.spawn(built(function), settings).await.map_err(Box::new)
    }

    /// Sends an event to the running instance of a function. The first event starts it.
    pub(crate) async fn call(&mut self, function: &str, event: Event) -> Reply {
        if !self.running.contains_key(function) {
            let started = self.start(function, &[("SESSION_DEBUG", "true")]).await.expect("it starts");
            self.running.insert(function.to_owned(), started);
        }
        let running = self.running.get_mut(function).expect("it was started");
        Reply::parse(running.invoke(event.build()).await.expect("the function answers"))
    }

    /// Every line that the running functions have written.
    pub(crate) fn logs(&self) -> Vec<String> {
        self.running.values().flat_map(Function::logs).collect()
    }

    /// Signs a user in at the local server, with the agent of an event.
    pub(crate) async fn sign_in(&self, user: &str, event: &Event) -> Tokens {
        self.device(event).sign_in(user).await
    }

    /// A device at the local server with the address and the agent of an event.
    pub(crate) fn device(&self, event: &Event) -> Device {
        let event = event.clone().build();
        let agent = event["headers"]["user-agent"].as_str().expect("sample events name their agent");
        let address = event["requestContext"]["http"]["sourceIp"].as_str().expect("an address");
        self.world.device().agent(agent).at(address)
    }

    /// The generation of a session's row; none when there is no row.
    pub(crate) async fn generation(&self, user: &str, session: &str) -> Option<u64> {
        self.world.row(user, session).await.map(|row| row.generation)
    }
}

/// A sample event with the given tokens.
pub(crate) fn filled(event: &Event, tokens: &Tokens) -> Event {
    let event = event.clone().fill("access_token", &tokens.access).fill("refresh_token", &tokens.refresh);
    event.fill("session_id", &tokens.session)
}
