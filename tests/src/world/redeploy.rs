//! A second deployment, or another instance of the same one, on the tables of a first one.

use std::sync::Arc;

use latchkey::api;
use latchkey::app::{App, AppOptions};
use latchkey::config::Config;
use latchkey::store::Store;
use latchkey::token::fetch::IssuerKeyCache;
use latchkey_local::clock::MovableClock;
use latchkey_local::gateway;
use latchkey_local::server::LocalServer;

use super::World;

impl World {
    /// The same world with handlers that have other settings. Tables, clock, counters and the identity provider stay.
    ///
    /// # Panics
    /// If a setting is invalid. `LATCHKEY_KEYS` must be among them.
    pub fn redeployed(&self, settings: &[(&str, &str)], issuer_keys: IssuerKeyCache) -> World {
        let server = &self.server;
        let given =
            |name: &str| settings.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        let config = Config::parse(|name| {
            given(name).or_else(|| match name {
                "LATCHKEY_ISSUER" => Some(server.app.config().issuer.clone()),
                "LATCHKEY_AUDIENCE" => Some(server.audience.clone()),
                "LATCHKEY_TRUSTED_ISSUERS" => Some(server.issuer.trusted_issuers(&server.audience)),
                "COOKIE_SECURE" => Some("false".to_owned()),
                "COOKIE_NAME" => Some("latchkey".to_owned()),
                "TABLE_SESSIONS" => Some(self.tables().sessions.clone()),
                "TABLE_RATE_LIMITS" => Some(self.tables().rate_limits.clone()),
                "TABLE_SECURITY_EVENTS" => Some(self.tables().security_events.clone()),
                _ => None,
            })
        });
        let config = config.expect("the settings are valid");
        let http = server.stats.wrap(server.faults.wrap(self.http()));
        let store = Store::new(self.client(http), &config);
        self.serving(config, store, server.clock.clone(), issuer_keys)
    }

    /// Another instance of the same deployment, whose clock is ahead by so many seconds.
    pub fn instance(&self, ahead: i64) -> World {
        let server = &self.server;
        let clock = MovableClock::at(self.now().seconds() + ahead);
        self.serving(server.app.config().clone(), server.store.clone(), clock, IssuerKeyCache::default())
    }

    fn serving(
        &self,
        config: Config,
        store: Store,
        clock: MovableClock,
        issuer_keys: IssuerKeyCache,
    ) -> World {
        let server = &self.server;
        let options = AppOptions { issuer_keys, ..AppOptions::default() };
        let app = App::with(config, store.clone(), Arc::new(clock.clone()), options);
        let routes = api::login::routes()
            .merge(api::refresh::routes())
            .merge(api::sessions::routes())
            .merge(api::revoke::routes());
        let policy = app.config().cookies.policy.clone();
        let router = gateway::in_front_of(latchkey::http::service(routes, app.clone()), policy);
        World { server: LocalServer { router, app, store, clock, ..server.clone() } }
    }
}
