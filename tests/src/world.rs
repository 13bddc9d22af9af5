//! A complete Latchkey in this process, and the clients that use it.
//!
//! ```no_run
//! # async fn example() {
//! use latchkey_tests::world::World;
//!
//! let world = World::new().await;
//! let browser = world.device();
//! let tokens = browser.sign_in("alice").await;
//! world.advance(60);
//! let reply = browser.refresh(&tokens.refresh).await;
//! assert_eq!(reply.status, 200);
//! # }
//! ```
//!
//! Every request goes through the real router, layers and SDK into a real DynamoDB engine in memory. The
//! clock stands still until a test moves it, and nothing ever sleeps.

mod bound_browser;
mod browser;
mod device;
mod device_key;
mod expect;
mod feed;
mod logs;
mod provider;
mod redeploy;
mod reply;
mod review;
mod storage;
mod table;
mod tables;
mod traveller;

use std::time::Duration;

use latchkey::domain::id::SessionId;
use latchkey::domain::session::Session;
use latchkey::domain::time::Timestamp;
use latchkey_local::clock::MovableClock;
use latchkey_local::server::LocalServer;

pub use bound_browser::{BoundBrowser, SECURE, ends_device_session};
pub use browser::Jar;
pub use device::{CHROME, Device, FIREFOX, Tokens};
pub use device_key::DeviceKey;
pub use feed::Feed;
pub use logs::Logs;
pub use provider::{PROVIDER, PROVIDER_AUDIENCE, Provider, flipped, header, malleated, payload};
pub use reply::Reply;
pub use review::REVIEW;
pub use table::Event;
pub use tables::RawRow;
pub use traveller::{BERLIN, City, LISBON, MUNICH, ORIGIN_SECRET, PRAGUE, SAO_PAULO};

/// The time at which every world begins, in epoch seconds. It is a round number, so that boundaries are easy to read.
pub const START: i64 = 1_790_000_000;

/// The setting of [`World::patient`].
pub const PATIENT: [(&str, &str); 1] = [("LIMIT_LOGIN", "1000000/15m/30m")];

/// The cookies have the names of a deployment, because every world has the same port.
const NAMES: [(&str, &str); 1] = [("COOKIE_NAME", "latchkey")];

/// One Latchkey deployment and its clock.
#[derive(Clone)]
pub struct World {
    /// The local server, with its dev controls.
    pub server: LocalServer,
}

impl World {
    /// A world with the default settings.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A world that accepts any number of failed sign-ins from one network, for tests that fail on purpose.
    pub async fn patient() -> Self {
        Self::with(&PATIENT).await
    }

    /// A world with these settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let builder =
            LocalServer::builder().clock(MovableClock::at(START)).settings(&NAMES).settings(settings);
        let server = storage::chosen(builder).build().await.expect("the settings of a test are valid");
        Self { server }.without_foreign_ttl().await
    }

    /// Advances the clock.
    pub fn advance(&self, seconds: u64) {
        self.server.clock.advance(Duration::from_secs(seconds));
    }

    /// The current time of the world.
    pub fn now(&self) -> Timestamp {
        use latchkey::clock::Clock as _;
        self.server.clock.now()
    }

    /// A new assertion for `user`, which is valid for five minutes.
    pub fn assertion(&self, user: &str) -> String {
        self.assertion_with(user, serde_json::json!({}))
    }

    /// A new device with its own browser (Chrome on Windows) and its own address.
    pub fn device(&self) -> Device {
        Device::new(self.clone())
    }

    /// A session's row in the table, whether the session lives or not.
    pub async fn row(&self, user: &str, session: &str) -> Option<Session> {
        let user = user.parse().expect("a user id");
        let session: SessionId = session.parse().expect("a session id");
        self.server.store.read_session(&user, &session, self.now()).await.expect("the engine answers")
    }

    /// The ids of a user's live sessions, in the table's order.
    pub async fn live(&self, user: &str) -> Vec<String> {
        let user = user.parse().expect("a user id");
        let state = self.server.store.read_user_state(&user, self.now()).await.expect("the engine answers");
        state.live(self.now()).map(|session| session.id.to_string()).collect()
    }
}
