//! The words of an agent, and what of them may be shown.

/// Words that browsers carry for old times' sake and that name no program.
const ENGINES: &[&str] =
    &["Mozilla", "AppleWebKit", "KHTML", "Gecko", "Chrome", "Safari", "Version", "Mobile", "Electron"];

/// A word of an agent as RFC 9110 means it: `name/version`, the version possibly empty.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

/// Every word with a letter or digit in its name, those inside comments too.
pub(super) fn products(agent: &str) -> impl Iterator<Item = Product<'_>> {
    agent
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '(' | ')' | '[' | ']'))
        .map(|word| word.split_once('/').unwrap_or((word, "")))
        .filter(|(name, _)| name.contains(char::is_alphanumeric))
        .map(|(name, version)| Product { name, version })
}

/// The first product that is not there for compatibility's sake.
pub(super) fn own_name(agent: &str) -> Option<Product<'_>> {
    products(agent)
        .enumerate()
        .find(|(at, p)| !is_engine(p.name) && (*at == 0 || major(p.version).is_some()))
        .map(|(_, product)| product)
}

/// Whether a product's name is one of those that all browsers say.
pub(super) fn is_engine(name: &str) -> bool {
    ENGINES.contains(&name)
}

/// What follows the first `marker` that does not begin in the middle of a word: the `iOS` of
/// `CriOS/140` is no iOS.
///
/// A hundred markers are looked for in every agent, so the search is one for the marker's first byte:
/// the standard library's prepares itself for longer texts and costs four times as much.
pub(super) fn after<'a>(agent: &'a str, marker: &str) -> Option<&'a str> {
    let inside_word =
        |at: usize| marker.starts_with(char::is_alphabetic) && agent[..at].ends_with(char::is_alphabetic);
    let first = *marker.as_bytes().first()?;
    memchr::memchr_iter(first, agent.as_bytes())
        .filter_map(|at| Some((at, agent.get(at..)?.strip_prefix(marker)?)))
        .find(|(at, _)| !inside_word(*at))
        .map(|(_, rest)| rest)
}

/// Whether the agent has that marker, not in the middle of a word.
pub(super) fn has(agent: &str, marker: &str) -> bool {
    after(agent, marker).is_some()
}

/// The digits a version begins with: `140` of `140.0.7339.51`, `2` of `v2.1`.
pub(super) fn major(version: &str) -> Option<&str> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    (end > 0).then(|| &version[..end])
}

/// The major version after `marker` and at most one separator: `14` of `Android 14; Pixel 8`.
pub(super) fn major_after<'a>(agent: &'a str, marker: &str) -> Option<&'a str> {
    let rest = after(agent, marker)?;
    major(rest.strip_prefix([' ', '/', '-']).unwrap_or(rest))
}

/// The text without what could hide or reorder it on a page, cut to `longest` bytes.
pub(super) fn shown(text: &str, longest: usize) -> Option<String> {
    let mut text: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    text.truncate(text.floor_char_boundary(longest));
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}

/// Control, format and blank characters: Unicode's Cc, Cf, Zl and Zp, and the fillers that look
/// like nothing at all.
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
