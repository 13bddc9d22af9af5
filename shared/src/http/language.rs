//! The language of a page, from the header `Accept-Language`. *Source*: RFC 9110 section 12.5.4, RFC 4647 section 3.4.

use http::{HeaderMap, header};

/// The language ranges of one header that are read. Browsers send a handful.
const RANGES_MAX: usize = 32;

/// The first of `offered` that the client prefers, or the first one if the client accepts none of them. An offered language is a
/// primary tag, such as `de`, and fits each of its regions.
pub fn preferred<'o>(headers: &HeaderMap, offered: &[&'o str]) -> &'o str {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
    let ranges = lines.flat_map(|line| line.split(',')).take(RANGES_MAX).filter_map(range);
    let mut ranges: Vec<(&str, u16)> = ranges.filter(|(_, weight)| *weight > 0).collect();
    // Stable, so that the order of the client decides between equal weights.
    ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    let fits = |tag: &str, own: &str| tag == "*" || tag.eq_ignore_ascii_case(own);
    let found = ranges.iter().find_map(|(tag, _)| offered.iter().copied().find(|own| fits(tag, own)));
    found.unwrap_or(offered[0])
}

/// The primary tag of a range and its weight in thousandths.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?.split('-').next()?;
    let weight = match parts.next() {
        None => 1_000,
        Some(parameter) => thousandths(parameter.strip_prefix("q=").or(parameter.strip_prefix("Q="))?)?,
    };
    Some((tag, weight))
}

fn thousandths(text: &str) -> Option<u16> {
    let weight: f32 = text.parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some((weight * 1_000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn language(values: &[&'static str]) -> &'static str {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value));
        }
        preferred(&headers, &["en", "de"])
    }

    #[test]
    fn the_page_has_the_language_that_the_client_prefers() {
        for (value, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("en-GB,de;q=0.9", "en"),
            ("fr,de;q=0.4,en;q=0.3", "de"),
            ("en;q=0.3, DE;q=0.4", "de"),
            ("de;q=0,en", "en"),
            ("de,en", "de"),
            ("fr", "en"),
            ("*", "en"),
            ("de;q=0.5,*;q=0.1", "de"),
            ("", "en"),
            ("de;q=NaN,;;,de;q=2,de;x=1", "en"),
        ] {
            assert_eq!(language(&[value]), expected, "{value}");
        }
        assert_eq!(language(&[]), "en");
        assert_eq!(language(&["fr", "de"]), "de");
    }
}
