//! Is `htu` the URL of this request? The public URLs of a service, and the comparison of RFC 3986 section 6.

use crate::origin::{is_loopback_origin, normal_origin};

/// The public URLs that requests to a service begin with, such as `https://api.example.com`.
///
/// A proof names the URL that its client sent the request to. The service must know that URL from its settings: `Host` is
/// chosen by the sender, so that a server of an attacker could forward a proof that was made for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseUrls {
    urls: Vec<BaseUrl>,
    allows_loopback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct BaseUrl {
    origin: String,
    /// Without a slash at its end.
    path: String,
}

/// A text is no public URL of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no base URL: expected https://host or https://host/path, without query and fragment")]
pub struct BaseUrlError(String);

impl BaseUrls {
    /// Reads the URLs. A path is for a service whose gateway removes the beginning of each path: with
    /// `https://api.example.com/v1` a request for `/orders` has the public URL `https://api.example.com/v1/orders`.
    ///
    /// # Errors
    /// One of the texts is not an http or https URL in lower case, or it has a query, a fragment or a user name.
    pub fn parse<'u>(urls: impl IntoIterator<Item = &'u str>) -> Result<Self, BaseUrlError> {
        let parse = |url| BaseUrl::parse(url).ok_or_else(|| BaseUrlError(url.to_owned()));
        let urls = urls.into_iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { urls, allows_loopback: false })
    }

    /// Also accepts every port of this machine. Only for a server on loopback that has test data.
    pub fn or_loopback(self) -> Self {
        Self { allows_loopback: true, ..self }
    }

    /// Whether no URL can fit, so that every proof is refused.
    pub fn is_empty(&self) -> bool {
        self.urls.is_empty() && !self.allows_loopback
    }

    /// Whether `htu` is the URL of a request for `path`.
    pub(super) fn have(&self, htu: &str, path: &str) -> bool {
        let Some((origin, htu_path)) = split(htu) else { return false };
        let Some(htu_path) = normal_path(htu_path) else { return false };
        let is_path = |base: &str| normal_path(&format!("{base}{path}")).as_ref() == Some(&htu_path);
        self.urls.iter().any(|url| url.origin == origin && is_path(&url.path))
            || self.allows_loopback && is_loopback_origin(&origin) && is_path("")
    }
}

impl BaseUrl {
    fn parse(url: &str) -> Option<Self> {
        let (origin, path) = split(url)?;
        let is_plain = !url.contains(['?', '#']) && url.starts_with(&origin);
        let path = normal_path(path).filter(|_| is_plain)?;
        Some(Self { origin, path: path.trim_end_matches('/').to_owned() })
    }
}

/// The origin of an absolute URL, and its path without query and fragment. Scheme and host have no case.
fn split(url: &str) -> Option<(String, &str)> {
    let url = url.split(['?', '#']).next()?;
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let origin = normal_origin(&format!("{scheme}://{authority}").to_ascii_lowercase())?;
    Some((origin, path))
}

/// A path in the one form of RFC 3986 section 6.2.2: unreserved characters are not encoded, codes are in upper case, and
/// there are no dot segments. `None` for a path with a character or a code that no path has.
fn normal_path(path: &str) -> Option<String> {
    let mut segments: Vec<String> = vec![];
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(part) = parts.next() {
        let segment = normal_segment(part)?;
        let is_last = parts.peek().is_none();
        match segment.as_str() {
            "." | ".." => {
                if segment == ".." {
                    segments.pop();
                }
                // The path of a directory ends with a slash.
                if is_last {
                    segments.push(String::new());
                }
            }
            _ => segments.push(segment),
        }
    }
    Some(format!("/{}", segments.join("/")))
}

fn normal_segment(segment: &str) -> Option<String> {
    let mut normal = String::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = str::from_utf8(&digits).ok().filter(|text| !text.starts_with('+'))?;
                let code = u8::from_str_radix(digits, 16).ok()?;
                if is_unreserved(code) {
                    normal.push(code.into());
                } else {
                    normal.push_str(&format!("%{code:02X}"));
                }
            }
            byte if is_unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte) => normal.push(byte.into()),
            // Some libraries read it as a slash.
            b'\\' => return None,
            // Browsers send some characters, such as `|`, that RFC 3986 wants encoded.
            byte if byte.is_ascii_graphic() => normal.push_str(&format!("%{byte:02X}")),
            _ => return None,
        }
    }
    Some(normal)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form() {
        for (path, form) in [
            ("", "/"),
            ("/", "/"),
            ("//", "//"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("/%61%2f%2F%c3%a9", "/a%2F%2F%C3%A9"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/%2e%2E/b", "/b"),
            ("/../..", "/"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/a;v=1,2:@!$&'()*+", "/a;v=1,2:@!$&'()*+"),
            ("/|[]", "/%7C%5B%5D"),
        ] {
            assert_eq!(normal_path(path).as_deref(), Some(form), "{path}");
        }
        for path in ["/%", "/%4", "/%zz", "/%+1", "/a b", "/a\\b", "/\u{e9}", "/\n"] {
            assert_eq!(normal_path(path), None, "{path:?}");
        }
    }

    #[test]
    fn a_request_has_the_url_of_one_base_and_its_path() {
        let urls = BaseUrls::parse(["https://api.example.com", "https://www.example.com:8443/v1/"]).unwrap();
        for (htu, path) in [
            ("https://api.example.com/orders", "/orders"),
            ("https://api.example.com", "/"),
            ("https://api.example.com?a", "/"),
            ("https://www.example.com:8443/v1/orders#a", "/orders"),
        ] {
            assert!(urls.have(htu, path), "{htu}");
        }
        for (htu, path) in [
            ("https://api.example.com/v1/orders", "/orders"),
            ("https://www.example.com:8443/orders", "/orders"),
            ("https://www.example.com/v1/orders", "/orders"),
            ("https://www.example.com:8443/v1orders", "/orders"),
            ("http://localhost:3000/orders", "/orders"),
            ("https:api.example.com/orders", "/orders"),
            ("https:///api.example.com/orders", "/orders"),
            ("https://api.example.com:/orders", "/orders"),
        ] {
            assert!(!urls.have(htu, path), "{htu}");
        }
    }

    #[test]
    fn every_port_of_this_machine_fits_only_on_request() {
        let (none, loopback) = (BaseUrls::default(), BaseUrls::default().or_loopback());
        assert!(none.is_empty() && !loopback.is_empty());
        for htu in ["http://localhost:5173/a", "http://127.0.0.1/a", "https://[::1]:3000/a"] {
            assert!(loopback.have(htu, "/a") && !none.have(htu, "/a"), "{htu}");
        }
        assert!(!loopback.have("http://localhost.evil.example/a", "/a"));
    }

    #[test]
    fn a_base_url_is_absolute_and_plain() {
        assert_eq!(BaseUrls::parse(["https://a.example:443/"]), BaseUrls::parse(["https://a.example"]));
        for url in [
            "",
            "a.example",
            "//a.example",
            "ftp://a.example",
            "https://A.example",
            "https://a.example?b",
            "https://a.example/#b",
            "https://b@a.example",
            "https://a.example/a b",
        ] {
            assert_eq!(BaseUrls::parse([url]), Err(BaseUrlError(url.to_owned())), "{url}");
        }
    }
}
