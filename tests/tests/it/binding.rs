//! Sessions that are bound to a key of the browser or app: a copied refresh token is worthless without the key.

mod access_tokens;
mod copied_cookies;
mod nonces;
mod policy;
mod refresh;
mod sign_in;
mod trail;
mod vectors;

use latchkey_tests::world::{Device, DeviceKey, Jar, World};

/// A browser with a key, signed in with cookies.
struct Bound {
    world: World,
    browser: Device,
    key: DeviceKey,
    jar: Jar,
}

impl Bound {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let world = World::with(settings).await;
        let key = DeviceKey::generate();
        let browser = world.device();
        let reply = browser.clone().with_key(&key).login_in_browser(&world.assertion("alice")).await;
        let jar = Jar::of(reply.assert_status(201));
        Self { world, browser, key, jar }
    }

    /// The browser, which signs a proof for each request.
    fn signing(&self) -> Device {
        self.browser.clone().with_key(&self.key)
    }

    /// Everything in the tables except events and what belongs to them.
    async fn row(&self) -> String {
        format!("{:?}", self.world.raw_row("alice", &self.jar.session).await.map(sorted))
    }
}

fn sorted<V>(row: std::collections::HashMap<String, V>) -> std::collections::BTreeMap<String, V> {
    row.into_iter().collect()
}
