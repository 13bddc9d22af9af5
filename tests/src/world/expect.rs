//! Assertions about responses: the code of a problem, and no members, cookies or headers that do not belong there.

use super::Reply;

impl Reply {
    /// The names of the body's members, sorted.
    ///
    /// # Panics
    /// If the body is not an object.
    pub fn members(&self) -> Vec<&str> {
        let body =
            self.body.as_object().unwrap_or_else(|| panic!("no object: {} {}", self.status, self.body));
        let mut names: Vec<&str> = body.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Succeeds only for this status.
    ///
    /// # Panics
    /// For any other status.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Succeeds only for a complete problem with this status and code.
    ///
    /// # Panics
    /// For any other response, and for a problem that lacks a member.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        let kind = format!("https://latchkey.dev/problems/{}", code.replace('_', "-"));
        assert_eq!(self.text("type"), kind);
        for member in ["title", "detail", "request_id"] {
            assert!(!self.text(member).is_empty(), "{member} is empty");
        }
        assert_eq!(self.text("request_id"), self.header("x-request-id"));
        let challenged = self.headers.contains_key("www-authenticate");
        assert_eq!(challenged, status == 401 || code == "forbidden", "WWW-Authenticate says what is missing");
        self
    }

    /// Succeeds only if the response reports that the session has ended for this reason.
    ///
    /// # Panics
    /// For any other response.
    #[track_caller]
    pub fn assert_ended(&self, reason: &str) -> &Self {
        self.assert_problem(401, "session_ended");
        assert_eq!(self.body["reason"], reason);
        self
    }

    /// Succeeds only if the response names this field as invalid.
    ///
    /// # Panics
    /// For any other response.
    #[track_caller]
    pub fn assert_field(&self, field: &str) -> &Self {
        self.assert_problem(400, "invalid_request");
        assert_eq!(self.body["field"], field, "{}", self.body);
        self
    }

    /// Succeeds only if the response sets and clears no cookie.
    ///
    /// # Panics
    /// If it sets or clears one.
    #[track_caller]
    pub fn assert_no_cookie(&self) -> &Self {
        assert!(!self.headers.contains_key("set-cookie"), "{} touches a cookie", self.status);
        self
    }

    /// Succeeds only if the response clears both cookies with the attributes with which they were set.
    ///
    /// # Panics
    /// For any other response.
    #[track_caller]
    pub fn assert_cookies_cleared(&self) -> &Self {
        for (name, same_site) in [("latchkey_access", "Lax"), ("latchkey_refresh", "Strict")] {
            let line = self.cookie_line(name).unwrap_or_else(|| panic!("{name} stays: {}", self.status));
            assert_eq!(line, format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite={same_site}"));
        }
        self
    }
}
