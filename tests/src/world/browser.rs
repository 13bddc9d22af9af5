//! A browser's cookies.

use serde_json::{Value, json};

use super::{Device, Reply};

/// The two cookies of a signed-in browser.
#[derive(Clone, Debug)]
pub struct Jar {
    /// The access cookie's value.
    pub access: String,
    /// The refresh cookie's value.
    pub refresh: String,
    /// The id of their session.
    pub session: String,
}

impl Jar {
    /// The cookies that a response sets.
    ///
    /// # Panics
    /// If it does not set both.
    pub fn of(reply: &Reply) -> Self {
        let value = |name| reply.cookie(name).unwrap_or_else(|| panic!("no {name}: {}", reply.body));
        Self {
            access: value("latchkey_access"),
            refresh: value("latchkey_refresh"),
            session: reply.text("session_id"),
        }
    }

    /// Both cookies as the browser sends them.
    pub fn line(&self) -> String {
        format!("latchkey_access={}; {}", self.access, self.refresh_line())
    }

    /// The refresh cookie only.
    pub fn refresh_line(&self) -> String {
        format!("latchkey_refresh={}", self.refresh)
    }
}

impl Device {
    /// Signs in with an assertion and tokens in cookies.
    pub async fn login_in_browser(&self, assertion: &str) -> Reply {
        self.post("/api/auth/login", json!({"assertion": assertion})).await
    }

    /// Refreshes with these cookies and without a body, from a page of an allowed origin.
    pub async fn refresh_with_cookies(&self, cookies: &str) -> Reply {
        self.clone().cookies(cookies).send("POST", "/api/auth/refresh", None, "").await
    }

    /// Gets the status with these cookies.
    pub async fn status(&self, cookies: &str) -> Reply {
        self.clone().cookies(cookies).get("/api/auth/refresh").await
    }

    /// Revokes with these cookies.
    pub async fn revoke_with_cookies(&self, cookies: &str, body: Value) -> Reply {
        self.clone().cookies(cookies).post("/api/auth/revoke", body).await
    }
}
