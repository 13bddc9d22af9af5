//! The words of an agent, and the cleaning of text before it is displayed.

/// Products that browsers send for compatibility. They do not name the program.
const GENERIC: &[&str] =
    &["Mozilla", "AppleWebKit", "KHTML", "Gecko", "Chrome", "Safari", "Version", "Mobile", "Electron"];

/// A word of an agent, `name/version` (RFC 9110, 10.1.5). The version may be empty.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

/// Every word with a letter in its name, also inside comments.
pub(super) fn products(agent: &str) -> impl Iterator<Item = Product<'_>> {
    agent
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '(' | ')' | '[' | ']'))
        .map(|word| word.split_once('/').unwrap_or((word, "")))
        .filter(|(name, _)| name.contains(char::is_alphabetic))
        .map(|(name, version)| Product { name, version })
}

/// The first product that is not generic. After the first word, only a word with a version can be a product.
pub(super) fn own_product(agent: &str) -> Option<Product<'_>> {
    products(agent)
        .enumerate()
        .find(|(at, p)| !is_generic(p.name) && (*at == 0 || major_version(p.version).is_some()))
        .map(|(_, product)| product)
}

/// Whether browsers send this product for compatibility.
pub(super) fn is_generic(name: &str) -> bool {
    GENERIC.contains(&name)
}

/// The text after the first `marker` that does not begin in the middle of a word: `iOS` in `CriOS/140` does not count.
///
/// Every agent is searched for dozens of markers. The search looks for the first byte of the marker, because the search of
/// the standard library is made for longer texts and takes four times as long.
pub(super) fn text_after<'a>(agent: &'a str, marker: &str) -> Option<&'a str> {
    let inside_word =
        |at: usize| marker.starts_with(char::is_alphabetic) && agent[..at].ends_with(char::is_alphabetic);
    let first = *marker.as_bytes().first()?;
    memchr::memchr_iter(first, agent.as_bytes())
        .filter_map(|at| Some((at, agent.get(at..)?.strip_prefix(marker)?)))
        .find(|(at, _)| !inside_word(*at))
        .map(|(_, rest)| rest)
}

/// Whether the agent contains the marker, not in the middle of a word.
pub(super) fn contains_word(agent: &str, marker: &str) -> bool {
    text_after(agent, marker).is_some()
}

/// The digits at the start of a version: `140` of `140.0.7339.51`, `2` of `v2.1`.
pub(super) fn major_version(version: &str) -> Option<&str> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    (end > 0).then(|| &version[..end])
}

/// The major version after `marker` and at most one separator: `14` of `Android 14; Pixel 8`.
pub(super) fn version_after<'a>(agent: &'a str, marker: &str) -> Option<&'a str> {
    let rest = text_after(agent, marker)?;
    major_version(rest.strip_prefix([' ', '/', '-']).unwrap_or(rest))
}

/// The text without characters that could hide or reorder text on a page, cut to `longest` bytes.
pub(super) fn displayable(text: &str, longest: usize) -> Option<String> {
    let mut text: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    text.truncate(text.floor_char_boundary(longest));
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}

/// Control, format and blank characters: the categories Cc, Cf, Zl and Zp of Unicode, and fillers, which are invisible.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}
