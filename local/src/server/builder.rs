//! Builds a local server from its parts.

use std::path::PathBuf;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use latchkey::app::notify::delivery;
use latchkey::app::{App, AppOptions};
use latchkey::clock::Clock as _;
use latchkey::config::{Config, LocalWebhooks, Tables};
use latchkey::https;
use latchkey::https::checked::{CheckedClient, SystemResolver};
use latchkey::store::connect::Connection;
use latchkey::store::{Store, connect, schema};

use super::settings::Settings;
use super::storage::Storage;
use super::{LocalServer, LocalServerError, router};
use crate::clock::MovableClock;
use crate::dev::DevControls;
use crate::dev::alerts::Alerts;
use crate::dev_controls::faults::Faults;
use crate::dev_controls::stats::Stats;
use crate::engine::Engine;
use crate::issuer::Issuer;
use crate::keys;
use crate::notify::Notifier;

/// The default port in the URLs of a server.
const DEFAULT_PORT: u16 = 9000;

/// The parts of a local server. By default it keeps its data in memory, uses the system's time and ignores the
/// environment.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    storage: Storage,
    port: u16,
    tls: bool,
    clock: MovableClock,
    settings: Settings,
    pages: Option<PathBuf>,
    webhook_client: Option<CheckedClient>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            storage: Storage::Memory,
            port: DEFAULT_PORT,
            tls: false,
            clock: MovableClock::system(),
            settings: Settings::default(),
            pages: None,
            webhook_client: None,
        }
    }

    /// Keeps the tables in `storage`.
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = storage;
        self
    }

    /// Sets the port, which is part of the issuer's URL.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The server is reached over https, so that the issuer's URL has that scheme and cookies are `Secure`.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Serves the demo page from this directory.
    pub fn pages(mut self, directory: PathBuf) -> Self {
        self.pages = Some(directory);
        self
    }

    /// Sends webhooks through this client, for tests with a resolver, certificates and a time limit of their own.
    pub fn webhook_client(mut self, client: CheckedClient) -> Self {
        self.webhook_client = Some(client);
        self
    }

    /// Uses this clock.
    pub fn clock(mut self, clock: MovableClock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets these settings, by their names in the environment.
    pub fn settings(mut self, settings: &[(&str, &str)]) -> Self {
        for (name, value) in settings {
            self.settings.set(name, value);
        }
        self
    }

    /// Takes the other settings from the process's environment.
    pub fn environment(mut self) -> Self {
        self.settings.use_environment();
        self
    }

    /// Opens the database, creates missing tables, and builds the server.
    ///
    /// # Errors
    /// The data cannot be opened, or a setting is wrong.
    pub async fn build(mut self) -> Result<LocalServer, LocalServerError> {
        let engine = self.storage.engine(&self.clock)?;
        let (issuer, config) = self.config()?;
        let (faults, stats) = (Faults::new(), Stats::new(self.clock.clone()));
        let http = match &engine {
            Some(engine) => engine.client(),
            None => connect::https_client(connect::amazon_roots()),
        };
        let counting_store = Store::new(self.connection(http.clone()), &config);
        let connection = self.connection(stats.wrap(faults.wrap(http)));
        schema::create_tables(connection.client(), &config.tables).await?;
        let store = Store::new(connection, &config);
        store.warm(self.clock.now()).await;
        // The statistics count the calls of handlers only.
        stats.reset();
        let notifier = self.notifier(engine.as_ref(), &config.tables.security_events).await?;
        let alerts = Alerts::new();
        let options = AppOptions { on_alert: Some(alerts.callback()), ..AppOptions::default() };
        let app = App::with(config, store.clone(), Arc::new(self.clock.clone()), options);
        let audience = self.settings.audience();
        let controls = DevControls { clock: self.clock, faults, stats, issuer, audience, alerts };
        Ok(LocalServer {
            router: router(&app, controls.clone(), self.pages),
            app,
            store,
            counting_store,
            clock: controls.clock,
            faults: controls.faults,
            stats: controls.stats,
            issuer: controls.issuer,
            audience: controls.audience,
            alerts: controls.alerts,
            engine,
            notifier,
        })
    }

    /// Creates missing tables and does nothing else.
    ///
    /// # Errors
    /// A setting is wrong, or the storage does not answer.
    pub async fn create_tables(mut self) -> Result<Tables, LocalServerError> {
        let tables = self.config()?.1.tables;
        let connection = self.connection(connect::https_client(connect::amazon_roots()));
        schema::create_tables(connection.client(), &tables).await?;
        Ok(tables)
    }

    /// The sender of webhooks; `None` without receivers. Only the embedded engine has a stream that this process can read.
    async fn notifier(
        &mut self,
        engine: Option<&Engine>,
        table: &str,
    ) -> Result<Option<Notifier>, LocalServerError> {
        let webhooks = LocalWebhooks::parse(|name| self.settings.get(name))?;
        if webhooks.endpoints.is_empty() {
            return Ok(None);
        }
        let Some(engine) = engine else {
            tracing::warn!(
                setting = "WEBHOOKS",
                "a setting has no effect with another DynamoDB than the embedded one"
            );
            return Ok(None);
        };
        let reach = webhooks.reach;
        let client = self.webhook_client.take().unwrap_or_else(|| {
            let (roots, resolver) = (https::system_roots(), Arc::new(SystemResolver));
            CheckedClient::new(roots, resolver, move |ip| reach.allows(ip), delivery::LIMIT)
        });
        Ok(Some(Notifier::new(engine, table, webhooks, client, self.clock.clone()).await?))
    }

    fn config(&mut self) -> Result<(Issuer, Config), LocalServerError> {
        let (keys, issuer) = match self.storage.directory() {
            Some(directory) => (keys::load_or_create(directory)?, Issuer::load_or_create(directory)?),
            None => (keys::generate(), Issuer::generate()?),
        };
        self.settings.default_to_loopback(&origin(self.tls, self.port), keys, &issuer);
        let config = Config::parse_local(|name| self.settings.get(name))?;
        Ok((issuer, config))
    }

    fn connection(&self, http: SharedHttpClient) -> Connection {
        let storage = &self.storage;
        connect::connection(http, &Storage::region(), Some(storage.endpoint()), storage.credentials())
    }
}

/// The server's own origin. Over https it has a name, because an address is no site to which browsers bind a session.
pub fn origin(tls: bool, port: u16) -> String {
    if tls { format!("https://localhost:{port}") } else { format!("http://127.0.0.1:{port}") }
}
