//! The receivers of webhooks, as the setting `WEBHOOKS` lists them.

use std::fmt;

use serde::Deserialize;
use url::{Host, Url};

use super::address::Reach;
use super::secret::WebhookSecret;
use super::webhook_type;
use crate::domain::event::EventType;

/// The most endpoints: the template has a queue for each.
pub const MAX_ENDPOINTS: usize = 3;

/// A receiver of webhooks.
#[derive(Clone)]
pub struct WebhookEndpoint {
    /// Its name in logs and messages, which outlives a change of its place in the list.
    pub name: String,
    /// The URL, normalised.
    pub url: Url,
    /// One secret, or two while the receiver changes its secret.
    pub secrets: Vec<WebhookSecret>,
    /// The events that it receives; all if `None`.
    pub types: Option<Vec<EventType>>,
    /// Whether its webhooks about sign-ins have the link that asks the user. The link ends a session without a sign-in, so that it goes
    /// only to the receiver that writes to users.
    pub review_links: bool,
}

impl WebhookEndpoint {
    /// Whether it receives events of this type.
    pub fn receives(&self, event_type: EventType) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(&event_type))
    }
}

/// Shows neither the secrets nor the path of the URL, because some receivers have a secret in it.
impl fmt::Debug for WebhookEndpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("WebhookEndpoint").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The list cannot be used. The error names the member and repeats no value, because a value may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointsError {
    /// The text is not JSON of this form.
    #[error(
        "expected a JSON list of objects with name, url, secrets and optionally types and review_links; line {line}, column {column} is different"
    )]
    Json {
        /// The line of the fault.
        line: usize,
        /// The column of the fault.
        column: usize,
    },
    /// There are too many entries.
    #[error("expected at most {MAX_ENDPOINTS} entries")]
    TooMany,
    /// A member of an entry is wrong.
    #[error("[{index}].{member}: {problem}")]
    Entry {
        /// The place of the entry.
        index: usize,
        /// Its member.
        member: &'static str,
        /// The problem with it.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    url: String,
    secrets: Vec<String>,
    types: Option<Vec<String>>,
    #[serde(default)]
    review_links: bool,
}

/// Parses the list. An empty text means no endpoints.
///
/// # Errors
/// The text is not such a list, or an entry could not be used safely.
pub fn parse_endpoints(text: &str, reach: Reach) -> Result<Vec<WebhookEndpoint>, EndpointsError> {
    if text.is_empty() {
        return Ok(vec![]);
    }
    let entries: Vec<Entry> = serde_json::from_str(text)
        .map_err(|error| EndpointsError::Json { line: error.line(), column: error.column() })?;
    if entries.len() > MAX_ENDPOINTS {
        return Err(EndpointsError::TooMany);
    }
    let mut endpoints: Vec<WebhookEndpoint> = vec![];
    for (index, entry) in entries.into_iter().enumerate() {
        let wrong = |(member, problem)| EndpointsError::Entry { index, member, problem };
        if endpoints.iter().any(|other| other.name == entry.name) {
            return Err(wrong(("name", "another entry has this name")));
        }
        endpoints.push(endpoint(entry, reach).map_err(wrong)?);
    }
    Ok(endpoints)
}

/// A member, and the problem with it.
type Fault = (&'static str, &'static str);

fn endpoint(entry: Entry, reach: Reach) -> Result<WebhookEndpoint, Fault> {
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=32).contains(&entry.name.len()) || !entry.name.bytes().all(is_name) {
        return Err(("name", "expected 1 to 32 lower-case letters, digits and hyphens"));
    }
    if !(1..=2).contains(&entry.secrets.len()) {
        return Err(("secrets", "expected one secret, or two during a change"));
    }
    let secrets =
        entry.secrets.iter().map(|secret| secret.parse()).collect::<Result<Vec<WebhookSecret>, _>>();
    let secrets =
        secrets.map_err(|_| ("secrets", "expected whsec_ and the base64 of 24 to 64 random bytes"))?;
    let types = entry
        .types
        .map(|types| types.iter().map(|name| webhook_type::parse(name)).collect::<Option<Vec<_>>>());
    if types.as_ref().is_some_and(|types| types.as_ref().is_none_or(Vec::is_empty)) {
        return Err((
            "types",
            "expected types of docs/webhooks.md, such as session.ended; without types all are sent",
        ));
    }
    Ok(WebhookEndpoint {
        url: url(&entry.url, reach)?,
        name: entry.name,
        secrets,
        types: types.flatten(),
        review_links: entry.review_links,
    })
}

fn url(text: &str, reach: Reach) -> Result<Url, Fault> {
    let url =
        Url::parse(text).map_err(|_| ("url", "expected a URL such as https://hooks.example.com/latchkey"))?;
    let address = match url.host() {
        Some(Host::Ipv4(ip)) => Some(ip.into()),
        Some(Host::Ipv6(ip)) => Some(ip.into()),
        Some(Host::Domain(_)) | None => None,
    };
    let is_this_machine = reach == Reach::PublicOrLoopback
        && (url.host_str() == Some("localhost")
            || address.is_some_and(|ip: std::net::IpAddr| ip.is_loopback()));
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine => {}
        _ => {
            return Err((
                "url",
                "must begin with https://; only a local server with WEBHOOKS_ALLOW_LOOPBACK=true sends to http://127.0.0.1",
            ));
        }
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(("url", "must have neither user name, password nor fragment"));
    }
    if url.as_str().parse::<http::Uri>().is_err() {
        return Err(("url", "has a character that is not allowed in a request"));
    }
    if address.is_some_and(|ip| !reach.allows(ip)) {
        return Err(("url", "must lead to a public address"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn list(members: &str) -> String {
        format!(
            r#"[{{"name":"shop","url":"https://hooks.example.com/latchkey","secrets":["{SECRET}"]{members}}}]"#
        )
    }

    fn with_url(url: &str) -> String {
        list("").replace("https://hooks.example.com/latchkey", url)
    }

    #[test]
    fn an_endpoint_receives_its_types_or_all() {
        let types = r#","types":["session.ended","token.reused"]"#;
        let [endpoint] = &parse_endpoints(&list(types), Reach::Public).unwrap()[..] else { panic!("one") };
        assert!(endpoint.receives(EventType::TokenReused) && !endpoint.receives(EventType::Login));
        let [endpoint] = &parse_endpoints(&list(""), Reach::Public).unwrap()[..] else { panic!("one") };
        assert!(EventType::ALL.iter().all(|event_type| endpoint.receives(*event_type)));
        assert!(parse_endpoints("", Reach::Public).unwrap().is_empty());
    }

    #[test]
    fn only_an_entry_that_asks_for_links_gets_them() {
        for (members, expected) in
            [("", false), (r#","review_links":false"#, false), (r#","review_links":true"#, true)]
        {
            assert_eq!(parse_endpoints(&list(members), Reach::Public).unwrap()[0].review_links, expected);
        }
        for members in [r#","review_links":"true""#, r#","review_links":null"#] {
            let refused = parse_endpoints(&list(members), Reach::Public);
            assert!(matches!(refused, Err(EndpointsError::Json { .. })), "{members}");
        }
    }

    #[test]
    fn a_wrong_entry_is_refused_by_its_member() {
        let secret = |text: &str| list("").replace(SECRET, text);
        for (text, member) in [
            (list("").replace("shop", ""), "name"),
            (list("").replace("shop", "My Shop"), "name"),
            (list("").replace("shop", &"s".repeat(33)), "name"),
            (secret("whsec_short"), "secrets"),
            (list("").replace(&format!(r#""{SECRET}""#), ""), "secrets"),
            (
                list("")
                    .replace(&format!(r#""{SECRET}""#), &[format!(r#""{SECRET}""#).as_str(); 3].join(",")),
                "secrets",
            ),
            (list(r#","types":[]"#), "types"),
            (list(r#","types":["login"]"#), "types"),
            (with_url("hooks.example.com"), "url"),
            (with_url("ftp://hooks.example.com/"), "url"),
            (with_url("http://hooks.example.com/"), "url"),
            (with_url("https://user@hooks.example.com/"), "url"),
            (with_url("https://hooks.example.com/#x"), "url"),
        ] {
            match parse_endpoints(&text, Reach::Public) {
                Err(EndpointsError::Entry { index: 0, member: found, .. }) => {
                    assert_eq!(found, member, "{text}")
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    /// The parser of URLs reads every spelling of an address, so that none of them gets past the check.
    #[test]
    fn a_url_with_a_private_address_is_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "169.254.169.254",
            "10.0.0.1",
            "[::1]",
            "[::ffff:169.254.169.254]",
            "[fd00:ec2::254]",
            "0",
            "127.0.0.1.",
        ] {
            let text = with_url(&format!("https://{host}/"));
            assert!(
                matches!(
                    parse_endpoints(&text, Reach::Public),
                    Err(EndpointsError::Entry { member: "url", .. })
                ),
                "{host}"
            );
        }
    }

    #[test]
    fn only_a_laptop_may_send_to_itself() {
        for url in [
            "http://127.0.0.1:8080/hook",
            "http://localhost:8080/hook",
            "http://[::1]/hook",
            "https://127.0.0.1/",
        ] {
            assert!(parse_endpoints(&with_url(url), Reach::PublicOrLoopback).is_ok(), "{url}");
            assert!(parse_endpoints(&with_url(url), Reach::Public).is_err(), "{url}");
        }
        assert!(parse_endpoints(&with_url("http://10.0.0.1/"), Reach::PublicOrLoopback).is_err());
    }

    #[test]
    fn a_list_of_another_form_is_refused() {
        assert_eq!(
            parse_endpoints(&list(r#","typos":[]"#), Reach::Public).unwrap_err().to_string().find("whsec"),
            None
        );
        for text in ["{}", "[1]", "[{}]", "no JSON", r#"[{"name":"a"}]"#] {
            assert!(
                matches!(parse_endpoints(text, Reach::Public), Err(EndpointsError::Json { .. })),
                "{text}"
            );
        }
        let entry = |name: &str| list("").replace("shop", name)[1..].trim_end_matches(']').to_owned();
        let two = |one: &str, other: &str| format!("[{},{}]", entry(one), entry(other));
        assert_eq!(parse_endpoints(&two("a", "b"), Reach::Public).unwrap().len(), 2);
        let twice = parse_endpoints(&two("a", "a"), Reach::Public).unwrap_err();
        assert!(matches!(twice, EndpointsError::Entry { index: 1, member: "name", .. }));
        let four = format!("[{}]", ["a", "b", "c", "d"].map(entry).join(","));
        assert_eq!(parse_endpoints(&four, Reach::Public).unwrap_err(), EndpointsError::TooMany);
    }

    #[test]
    fn debug_shows_neither_secret_nor_url() {
        let endpoints = parse_endpoints(&list(""), Reach::Public).unwrap();
        let shown = format!("{endpoints:?}");
        assert!(
            shown.contains("shop") && !shown.contains("hooks.example.com") && !shown.contains("MfKQ"),
            "{shown}"
        );
    }
}
