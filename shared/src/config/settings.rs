//! The table of all settings. The parser takes the defaults from it, and `docs/settings.md` is generated from it.

/// One environment variable that Latchkey reads.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The variable's name.
    pub name: &'static str,
    /// The value that applies if it is not set; `None` if it is required.
    pub default: Option<&'static str>,
    /// The unit or form of its value.
    pub unit: &'static str,
    /// Its meaning, in one or two sentences.
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
        "The key set, see `docs/keys.md`. The first private EC, RSA or OKP key signs access tokens, the first `oct` key signs refresh tokens, and all keys are accepted. The authorizer needs public keys only.",
    ),
    required(
        "LATCHKEY_ISSUER",
        "URL ending in `/api/auth`",
        "The `iss` of access tokens, and the base URL of this API.",
    ),
    required("LATCHKEY_AUDIENCE", "text", "The `aud` and `client_id` of access tokens."),
    required(
        "LATCHKEY_TRUSTED_ISSUERS",
        "JSON list",
        "The identity providers whose assertions open sessions, see `docs/identity-providers.md`. Each has `issuer`, `audience`, `jwks` or `jwks_url`, and optionally `scopes`, `scope_claim`, `require`, `user_prefix`, `auth_time`, `admin_of`, `logout`.",
    ),
    optional(
        "PROVIDER_ORDERS",
        "false",
        "`true` or `false`",
        "Whether identity providers may end sessions. Required to be `true` if an entry of `LATCHKEY_TRUSTED_ISSUERS` has `logout`. On AWS the parameter `ProviderOrders` sets it and creates the endpoints. See `docs/provider-logout.md`.",
    ),
    optional(
        "LATCHKEY_ALLOWED_ORIGINS",
        "",
        "origins, comma-separated",
        "Origins of the pages that may call this API with cookies. The origin of `LATCHKEY_ISSUER` and the API's own host need no entry. `loopback` allows every port of this machine, for an issuer on a laptop only.",
    ),
    optional(
        "COOKIE_NAME",
        "",
        "at most 32 letters, digits, `-` and `_`",
        "The beginning of the names of both cookies. If it is not set, it is `latchkey`, and the port if the URL of `LATCHKEY_ISSUER` has one, because browsers share cookies between all ports of a host.",
    ),
    optional(
        "COOKIE_DOMAIN",
        "",
        "domain",
        "The domain whose hosts receive the access cookie, such as `example.com` for an API on `auth.example.com`. The cookie then has the prefix `__Secure-`. The refresh cookie stays on the API's host. See `docs/hosts-and-cookies.md`.",
    ),
    optional(
        "COOKIE_SECURE",
        "true",
        "`true` or `false`",
        "`false` omits `Secure` and the `__Host-` prefix of cookies, for http on a laptop.",
    ),
    optional(
        "COOKIE_SAMESITE",
        "lax",
        "`lax`, `strict` or `none`",
        "The `SameSite` attribute of the access cookie. The refresh cookie is `strict`, or `none` if this is `none`.",
    ),
    optional(
        "SESSION_BINDING",
        "prefer",
        "`off`, `prefer` or `require`",
        "Whether a sign-in binds its session to a key of the browser or app, so that a copied refresh token is worthless. `prefer` binds it if the client sends a proof. `require` also refuses sign-ins without a proof and ends unbound sessions at their next refresh. A bound session stays bound under every value. See `docs/binding.md`.",
    ),
    optional(
        "SESSION_BINDING_SCOPES",
        "",
        "scope words, comma-separated",
        "Scope words, such as `latchkey:admin`, that access tokens of unbound sessions do not get.",
    ),
    optional(
        "ACCESS_TOKEN_TTL",
        "1h",
        "duration",
        "The lifetime of an access token, at most `REFRESH_TOKEN_TTL`. Services that verify offline accept the token of an ended session for this long.",
    ),
    optional(
        "ACCESS_TOKEN_TTL_BOUND",
        "10m",
        "duration, 5m to 1h",
        "The lifetime of an access token of a session that a browser has bound to a device. A copied access cookie works for at most this long. Browsers limit how often they renew it. At most `REFRESH_TOKEN_TTL`, unless `SESSION_BINDING` is `off`. See `docs/binding.md`.",
    ),
    optional(
        "REFRESH_TOKEN_TTL",
        "7d",
        "duration",
        "The time after which a session without a refresh expires.",
    ),
    optional("SESSION_TTL", "30d", "duration", "The time after which a session expires in any case."),
    optional(
        "REFRESH_GRACE",
        "60s",
        "duration, 0s to 600s",
        "The time after a refresh in which the same device may repeat it with the previous refresh token and gets the same new one, if the session's client sends no `Idempotency-Key`. With keys it is at most 10s, because a client that repeats its key does not need it.",
    ),
    optional(
        "REFRESH_LATE_RETRY",
        "24h",
        "duration, 0s to 7d",
        "The time after a refresh in which the same device on the same network may repeat it with the previous refresh token, for example after a night in which its response was lost. Never for two refreshes in a row. `0s` turns it off; do not do this with `renewSession` or with clients that send no keys.",
    ),
    optional(
        "NEAR_EXPIRY",
        "5m",
        "duration",
        "The remaining lifetime of an access token from which the status is `expiring`.",
    ),
    optional("SESSION_LIMIT", "5", "1 to 30", "The number of live sessions of a user."),
    optional(
        "SESSION_LIMIT_POLICY",
        "evict",
        "`evict` or `reject`",
        "At `SESSION_LIMIT`, `evict` ends the least recently active session, and `reject` refuses the sign-in with 409.",
    ),
    optional(
        "LIMIT_REFRESH",
        "20/5m/15m",
        "attempts/window[/block][:mode]",
        "Refreshes of one session. The mode is `enforce` (default), `shadow` (counts and refuses nothing) or `off`, see `docs/limits.md`.",
    ),
    optional(
        "LIMIT_LOGIN",
        "5/15m/30m",
        "attempts/window[/block][:mode]",
        "Failed passwords of one account from one network, and refused assertions from one network.",
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
        "Authenticated calls of one session, without refreshes and sign-outs.",
    ),
    optional(
        "ASSERTION_MAX_AGE",
        "10m",
        "duration",
        "The maximum age of an assertion by its `iat`, at most 10m.",
    ),
    optional(
        "ADMIN_MAX_AGE",
        "12h",
        "duration",
        "The time after a sign-in in which new access tokens still contain the scope `latchkey:admin`.",
    ),
    optional(
        "EXPIRY_SHARDS",
        "16",
        "1 to 1024",
        "The partitions of the expiry index for each day, at least the peak number of refreshes a second divided by 500.",
    ),
    optional(
        "RISK_RULES",
        "",
        "`rule=mode[:severity[:threshold]]`, comma-separated",
        "Changes to the risk rules, see `docs/watching.md` for the rules and their defaults.",
    ),
    optional(
        "NETWORK_ALLOWLIST",
        "",
        "networks (CIDR), comma-separated",
        "Networks of offices and VPNs. No rule about networks, countries or travel matches a move to or from them.",
    ),
    optional(
        "GEOIP_DB",
        "",
        "path",
        "A database in the MaxMind format that maps addresses to places. Replace the file by renaming, never in place.",
    ),
    optional(
        "CLOUDFRONT_ORIGIN_SECRET",
        "",
        "one or two secrets of 16 bytes or more, comma-separated",
        "The values accepted in the header `X-Latchkey-Origin-Secret`, which CloudFront adds. If it is set, a request without the header is refused.",
    ),
    optional(
        "SIGN_IN_REVIEW_KEYS",
        "",
        "private JWKS",
        "The keys of the links with which users answer whether a sign-in was theirs, see `docs/sign-in-review.md`: `oct` keys with `\"use\":\"enc\"`. The first one seals new links, and all of them open links. Without a key there are no links.",
    ),
    optional(
        "PASSWORD_CHANGE_URL",
        "",
        "https URL",
        "The page of the identity provider at which users change their password. It is the next step for a user who has reported a sign-in.",
    ),
    optional(
        "AUTHORIZER_MODE",
        "offline",
        "`offline`, `strict` or `feed`",
        "Only for the authorizer function: `strict` also reads the session's row, so that an ended session is refused at once. `feed` reads the revocation feed of `LATCHKEY_ISSUER`, so that it is refused within 10 seconds, see `docs/verifying.md`.",
    ),
    optional(
        "AUTHORIZER_WHEN_STALE",
        "",
        "`accept`, `ask` or `refuse`",
        "Only for the authorizer function, and required with `AUTHORIZER_MODE=feed`: the result while the feed could not be read for 30 seconds. `accept` checks offline, `ask` reads the session's row, and `refuse` lets no request pass.",
    ),
    optional(
        "AUTHORIZER_ON_INVALID",
        "deny",
        "`deny` or `pass`",
        "Only for the authorizer function: `pass` lets requests that are not signed in through, with `error` instead of `sub`, so that the API behind it can answer them itself.",
    ),
    optional(
        "AUTHORIZER_PUBLIC_URLS",
        "",
        "URLs, comma-separated",
        "Only for the authorizer function: the URLs with which the public URLs of the protected API begin, such as `https://api.example.com`. Without them it refuses access tokens that are bound to a key, see `docs/verifying.md`.",
    ),
    optional(
        "WEBHOOKS",
        "",
        "JSON list",
        "Only for the notify function and the local server: the receivers of webhooks, at most 3, see `docs/webhooks.md`. Each has `name`, `url`, `secrets`, and optionally `types` and `review_links`.",
    ),
    optional(
        "WEBHOOKS_ALLOW_LOOPBACK",
        "false",
        "`true` or `false`",
        "Only for the local server: `true` lets `WEBHOOKS` name receivers on this machine, such as `http://127.0.0.1:8080/hook`. No function reads it, so that a deployment never sends a webhook to its own network.",
    ),
    optional(
        "WEBHOOK_QUEUES",
        "",
        "URLs of SQS queues, comma-separated",
        "Only for the notify function: a queue for each entry of `WEBHOOKS`. The template sets it.",
    ),
    optional(
        "ALERT_TOPIC",
        "",
        "ARN of an SNS topic",
        "Only for the notify function: the topic for alerts. Without it no alert is published. The template sets it.",
    ),
    optional(
        "WEBHOOK_DEAD_LETTERS",
        "",
        "URL of an SQS queue",
        "Only for the notify function, and required with `WEBHOOKS`: the dead letters of the queues, for webhooks that can be sent again. The template sets it.",
    ),
    optional(
        "NOTIFY_DEAD_LETTERS",
        "",
        "URL of an SQS queue",
        "Only for the notify function, and required there: the queue for events that cannot become webhooks. The template sets it.",
    ),
    optional("EVENT_TTL", "90d", "duration", "The time that events and end records are kept."),
    optional("SESSION_DEBUG", "false", "`true` or `false`", "Adds debug lines to the logs."),
    optional(
        "LOG_SAMPLE",
        "100",
        "1 to 1000000",
        "One in this many successful requests is logged. Refusals and errors are always logged.",
    ),
    optional("TABLE_SESSIONS", "latchkey-sessions", "table name", "The table of sessions."),
    optional("TABLE_RATE_LIMITS", "latchkey-rate-limits", "table name", "The table of rate limit windows."),
    optional(
        "TABLE_SECURITY_EVENTS",
        "latchkey-security-events",
        "table name",
        "The table of security events and end records.",
    ),
];

/// The Markdown table of all settings in `docs/settings.md`.
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
