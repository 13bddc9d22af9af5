//! Which origin is this? Browsers write an origin in one form, so that two origins can be compared byte for byte.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The origin as a browser sends it in `Origin`: without the default port of its scheme.
///
/// `None` if the text is no origin of http or https, or if it has upper case letters, a path or a user name.
///
/// ```
/// use latchkey_verifier::normal_origin;
///
/// assert_eq!(normal_origin("https://app.example.com:443").as_deref(), Some("https://app.example.com"));
/// assert_eq!(normal_origin("https://app.example.com:8443").as_deref(), Some("https://app.example.com:8443"));
/// assert_eq!(normal_origin("https://app.example.com/"), None);
/// ```
///
/// *Source*: RFC 6454 section 6.2, WHATWG URL.
pub fn normal_origin(text: &str) -> Option<String> {
    let (scheme, authority) = text.split_once("://")?;
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let (host, port) = host_and_port(authority)?;
    let port = port.filter(|port| *port != default_port).map(|port| format!(":{port}"));
    Some(format!("{scheme}://{host}{}", port.unwrap_or_default()))
}

/// Whether `origin` is one of this machine, on any port. It must be written as browsers write it. Names below `localhost`
/// count, because no domain name server has them (RFC 6761).
///
/// ```
/// use latchkey_verifier::is_loopback_origin;
///
/// assert!(is_loopback_origin("http://localhost:5173"));
/// assert!(!is_loopback_origin("http://localhost.evil.example"));
/// ```
pub fn is_loopback_origin(origin: &str) -> bool {
    let host = |scheme: &str| {
        let (host, _) = host_and_port(origin.strip_prefix(scheme)?)?;
        Some(host)
    };
    let host = host("http://").or_else(|| host("https://")).unwrap_or_default();
    (matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost"))
        && normal_origin(origin).as_deref() == Some(origin)
}

fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let port = if rest.is_empty() { None } else { Some(port(rest.strip_prefix(':')?)?) };
        return Some((format!("[{address}]"), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, text)) => (host, Some(port(text)?)),
        None => (authority, None),
    };
    is_host(host).then(|| (host.to_owned(), port))
}

/// A port from 1 to 65535. An empty port is refused, because browsers never write one.
fn port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?.filter(|port| *port != 0)
}

fn is_host(host: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let labels = host.strip_suffix('.').unwrap_or(host);
    let mut labels = labels.split('.').peekable();
    let are_labels = labels.clone().all(|label| !label.is_empty() && label.bytes().all(is_letter));
    // A browser reads a host with a number at its end as an IPv4 address, and writes it with four numbers.
    let is_number = labels.next_back().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    are_labels && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_of_this_machine_is_a_loopback_origin() {
        for origin in [
            "http://localhost",
            "http://localhost:5173",
            "https://localhost:3000",
            "http://127.0.0.1:8080",
            "http://[::1]:5173",
            "https://app.localhost:9000",
        ] {
            assert!(is_loopback_origin(origin), "{origin}");
        }
        for origin in [
            "",
            "null",
            "localhost:5173",
            "http://localhost.evil.example",
            "https://evillocalhost:9000",
            "https://.localhost:9000",
            "http://localhost.evil.example:5173",
            "http://evil.example:5173",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.2",
            "http://0.0.0.0:5173",
            "http://[::2]:5173",
            "http://localhost:5173/",
            "http://localhost:5173@evil.example",
            "http://localhost:80",
            "http://LOCALHOST:5173",
            "file://localhost",
            "chrome-extension://localhost",
        ] {
            assert!(!is_loopback_origin(origin), "{origin}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, expected) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("https://app.example.com:0443", "https://app.example.com"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:443", "http://localhost:443"),
            ("https://localhost:80", "https://localhost:80"),
            ("http://127.0.0.1:05173", "http://127.0.0.1:5173"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://[0:0:0:0:0:0:0:1]:8443", "https://[::1]:8443"),
            ("https://app_1.example.com.", "https://app_1.example.com."),
        ] {
            assert_eq!(normal_origin(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://*.example.com",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://app.example.com/",
            "https://app.example.com:",
            "https://app.example.com:0",
            "https://app.example.com:65536",
            "https://app.example.com:+443",
            "https://app.example.com:443:443",
            "https://app..example.com",
            "https://.example.com",
            "https://user@app.example.com",
            "https://b\u{fc}cher.example",
            "https://127.1",
            "https://[::1",
            "https://[::1]x",
            "https://::1",
            "ftp://app.example.com",
        ] {
            assert_eq!(normal_origin(text), None, "{text}");
        }
    }
}
