//! The settings of the local server: from a test, else from the environment, else defaults for loopback.

use std::collections::BTreeMap;

use crate::issuer::Issuer;
use crate::secret::sign_in_review_keys;

/// The default audience of tokens and assertions.
pub const AUDIENCE: &str = "latchkey-local";

/// Settings by name, in three layers.
#[derive(Clone, Default)]
pub struct Settings {
    given: BTreeMap<String, String>,
    environment: bool,
    defaults: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Sets `name` to `value`, which overrides the environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.given.insert(name.to_owned(), value.to_owned());
    }

    /// Reads settings from the process's environment, too.
    pub fn use_environment(&mut self) {
        self.environment = true;
    }

    /// The value of `name`, if it has one.
    pub fn get(&self, name: &str) -> Option<String> {
        let environment = || std::env::var(name).ok().filter(|_| self.environment);
        let given = self.given.get(name).cloned().or_else(environment);
        given.or_else(|| self.defaults.get(name).cloned())
    }

    /// The audience of tokens and assertions.
    pub fn audience(&self) -> String {
        self.get("LATCHKEY_AUDIENCE").unwrap_or_else(|| AUDIENCE.to_owned())
    }

    /// Adds the defaults of a server at `origin` that uses `keys` and trusts `issuer`.
    pub(super) fn default_to_loopback(&mut self, origin: &str, keys: String, issuer: &Issuer) {
        let audience = self.audience();
        let set = self.get("LATCHKEY_KEYS").unwrap_or_else(|| keys.clone());
        self.defaults = BTreeMap::from([
            ("SIGN_IN_REVIEW_KEYS", sign_in_review_keys(&set)),
            ("LATCHKEY_KEYS", keys),
            ("LATCHKEY_ISSUER", format!("{origin}/api/auth")),
            ("LATCHKEY_TRUSTED_ISSUERS", issuer.trusted_issuers(&audience)),
            ("LATCHKEY_AUDIENCE", audience),
            ("LATCHKEY_ALLOWED_ORIGINS", "loopback".to_owned()),
            ("COOKIE_SECURE", origin.starts_with("https:").to_string()),
            ("LOG_SAMPLE", "1".to_owned()),
        ]);
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values contain private keys.
        f.debug_struct("Settings").field("given", &self.given.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_a_test_overrides_the_defaults() {
        let mut settings = Settings::default();
        settings.set("LATCHKEY_AUDIENCE", "shop");
        settings.default_to_loopback("http://127.0.0.1:9000", "keys".into(), &Issuer::generate().unwrap());
        assert_eq!(settings.get("LATCHKEY_AUDIENCE").as_deref(), Some("shop"));
        assert_eq!(settings.get("LATCHKEY_ISSUER").as_deref(), Some("http://127.0.0.1:9000/api/auth"));
        assert!(settings.get("LATCHKEY_TRUSTED_ISSUERS").unwrap().contains(r#""audience":"shop""#));
        assert_eq!(settings.get("PATH"), None, "the environment must not be read");
    }

    #[test]
    fn debug_shows_no_values() {
        let mut settings = Settings::default();
        settings.set("LATCHKEY_KEYS", "secret");
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
