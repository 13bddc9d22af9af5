//! Which settings exist: the one table that the parser reads by and the docs are made from.

/// One environment variable that Latchkey reads.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The variable's name.
    pub name: &'static str,
    /// What holds when it is not set; `None` when it must be set.
    pub default: Option<&'static str>,
    /// The unit or form of its value.
    pub unit: &'static str,
    /// What it decides, in one sentence.
    pub meaning: &'static str,
}

const fn required(name: &'static str, unit: &'static str, meaning: &'static str) -> Setting {
    Setting { name, default: None, unit, meaning }
}

const fn optional(
    name: &'static str,
    default: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, default: Some(default), unit, meaning }
}

/// Every setting, in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    required(
        "LATCHKEY_KEYS",
        "private JWKS",
        "The key set: the first EC, RSA or OKP private key signs access tokens, the first `oct` key refresh tokens; all of them verify. The authorizer needs public keys only.",
    ),
    required(
        "LATCHKEY_ISSUER",
        "URL ending in `/api/auth`",
        "`iss` of access tokens, and the base under which this API is reached.",
    ),
    required("LATCHKEY_AUDIENCE", "text", "`aud` and `client_id` of access tokens."),
    required(
        "LATCHKEY_TRUSTED_ISSUERS",
        "JSON list",
        "Whose assertions open sessions: `issuer`, `audience`, `jwks` or `jwks_url`, and optionally `scopes`, `scope_claim`, `user_prefix`, `auth_time`.",
    ),
    optional(
        "LATCHKEY_ALLOWED_ORIGINS",
        "",
        "origins, comma-separated",
        "Other origins whose pages may use cookies here; the API's own origin needs no entry.",
    ),
    optional(
        "COOKIE_SECURE",
        "true",
        "`true` or `false`",
        "`false` drops `Secure` and the `__Host-` prefix, for http on a laptop.",
    ),
    optional(
        "COOKIE_SAMESITE",
        "lax",
        "`lax`, `strict` or `none`",
        "SameSite of the access cookie; the refresh cookie is `strict` unless this is `none`.",
    ),
    optional("ACCESS_TOKEN_TTL", "1h", "duration", "How long an access token is good."),
    optional("REFRESH_TOKEN_TTL", "7d", "duration", "How long a session may sleep between two refreshes."),
    optional(
        "SESSION_TTL",
        "30d",
        "duration",
        "The longest life of a session, however often it is refreshed.",
    ),
    optional(
        "REFRESH_GRACE",
        "60s",
        "duration, 0s to 600s",
        "How long after a rotation the same device may present the previous refresh token and get the same successor, and a tab that was overtaken gets the newest one again.",
    ),
    optional("NEAR_EXPIRY", "5m", "duration", "From when on a status answer says `expiring`."),
    optional("SESSION_LIMIT", "5", "1 to 30", "Live sessions a user may have."),
    optional(
        "SESSION_LIMIT_POLICY",
        "evict",
        "`evict` or `reject`",
        "At the limit: end the least recently active session, or refuse the sign-in with 409.",
    ),
    optional(
        "LIMIT_REFRESH",
        "20/5m/15m",
        "attempts/window[/block][:mode]",
        "Refreshes of one session. A mode is `enforce`, `shadow` (counts, and refuses nobody) or `off`.",
    ),
    optional(
        "LIMIT_LOGIN",
        "5/15m/30m",
        "attempts/window[/block][:mode]",
        "Failed sign-ins: of one account from one network, and assertions of one network that are refused.",
    ),
    optional(
        "LIMIT_PASSWORD_RESET",
        "3/1h",
        "attempts/window[/block][:mode]",
        "Password resets of one account from one network.",
    ),
    optional(
        "LIMIT_GENERAL",
        "100/15m",
        "attempts/window[/block][:mode]",
        "Authenticated calls of one session; refreshing and signing out are not among them.",
    ),
    optional(
        "ASSERTION_MAX_AGE",
        "10m",
        "duration",
        "The greatest age of an assertion by its `iat`, at most 10m.",
    ),
    optional(
        "ADMIN_MAX_AGE",
        "12h",
        "duration",
        "How long after the sign-in `latchkey:admin` still goes into new access tokens.",
    ),
    optional("EXPIRY_SHARDS", "16", "1 to 1024", "Partitions of the expiry index."),
    optional(
        "RISK_RULES",
        "",
        "`rule=mode[:severity[:threshold]]`, comma-separated",
        "What is noticed and what it does; see `docs/watching.md` for the rules and their defaults.",
    ),
    optional(
        "NETWORK_ALLOWLIST",
        "",
        "networks (CIDR), comma-separated",
        "Offices and VPNs, whose place says nothing: no rule about networks, countries or travel fires for them.",
    ),
    optional(
        "GEOIP_DB",
        "",
        "path",
        "A database of the MaxMind format that says where addresses are; replace it by renaming, never in place.",
    ),
    optional(
        "CLOUDFRONT_ORIGIN_SECRET",
        "",
        "one or two secrets of 16 bytes or more, comma-separated",
        "The value of `X-Latchkey-Origin-Secret` that CloudFront adds; without it every request is refused.",
    ),
    optional(
        "AUTHORIZER_MODE",
        "offline",
        "`offline` or `strict`",
        "The authorizer function's alone: `strict` also reads the session's row, so an ended session is refused at once; see `docs/verifying.md`.",
    ),
    optional(
        "AUTHORIZER_ON_INVALID",
        "deny",
        "`deny` or `pass`",
        "The authorizer function's alone: `pass` lets requests that are not signed in through, with `error` in place of `sub`, for an API that answers them itself.",
    ),
    optional("EVENT_TTL", "90d", "duration", "How long the audit trail is kept."),
    optional("SESSION_DEBUG", "false", "`true` or `false`", "Debug logs."),
    optional(
        "LOG_SAMPLE",
        "100",
        "1 to 1000000",
        "One log line in so many successful requests; refusals and errors are always logged.",
    ),
    optional("TABLE_SESSIONS", "latchkey-sessions", "table name", "The table of live sessions."),
    optional("TABLE_RATE_LIMITS", "latchkey-rate-limits", "table name", "The table of rate-limit counters."),
    optional(
        "TABLE_SECURITY_EVENTS",
        "latchkey-security-events",
        "table name",
        "The table of the audit trail.",
    ),
];

/// The table of all settings in Markdown, as `docs/settings.md` holds it.
pub fn settings_markdown() -> String {
    let mut page = String::from("| name | default | unit | meaning |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let default = match setting.default {
            None => "**required**".to_owned(),
            Some("") => "none".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        page.push_str(&format!(
            "| `{}` | {default} | {} | {} |\n",
            setting.name, setting.unit, setting.meaning
        ));
    }
    page
}
