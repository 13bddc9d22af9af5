//! Bots: find the name of a crawler, a monitor or a browser without a window.

use super::known_programs::BOTS;
use super::text::{Product, major_version, own_product, products};

/// The endings of the names of bots.
const ENDINGS: [&str; 3] = ["bot", "crawler", "spider"];

/// A bot in our table, a product with one of the endings, or the old form `(compatible; name; +https://example.com)`.
pub(super) fn parse(agent: &str) -> Option<(&str, Option<&str>)> {
    let own_name = || own_product(agent).map(|own| (own.name, major_version(own.version)));
    match products(agent).find_map(bot) {
        // A bare `bot` is no name, so that the bot gets the name of its first product.
        Some(bot @ (name, _)) if is_bare(name) => own_name().or(Some(bot)),
        None if agent.contains("compatible;") && agent.contains("+http") => own_name(),
        bot => bot,
    }
}

/// Whether any word has one of the endings, for example in an address: `(+https://example.com/bot.html)`. That is not
/// enough to ignore a known machine or browser.
pub(super) fn is_mentioned(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    let ends = |ending| agent.split(ending).skip(1).any(|rest| !rest.starts_with(char::is_alphanumeric));
    ENDINGS.into_iter().any(ends)
}

fn bot<'a>(Product { name, version }: Product<'a>) -> Option<(&'a str, Option<&'a str>)> {
    let name = name.trim_matches(|c: char| !c.is_alphanumeric());
    let known = BOTS.iter().find(|(token, _)| token.eq_ignore_ascii_case(name));
    let name = known.map(|(_, name)| *name).or_else(|| is_bot(name).then_some(name))?;
    Some((name, major_version(version)))
}

fn is_bot(name: &str) -> bool {
    let ends = |ending: &str| {
        let end = name.len().checked_sub(ending.len()).and_then(|at| name.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    // Cubot is a manufacturer of phones.
    ENDINGS.into_iter().any(ends) && !name.eq_ignore_ascii_case("cubot")
}

fn is_bare(name: &str) -> bool {
    ["bot", "robot", "crawler", "spider"].iter().any(|word| word.eq_ignore_ascii_case(name))
}
