//! Does it call itself a bot?

use super::known_programs::BOTS;
use super::text::{Product, major, own_name, products};

/// What the names of bots end in.
const WORDS: [&str; 3] = ["bot", "crawler", "spider"];

/// The bot by our table, by how its name ends, or by the old form
/// `(compatible; name; +https://who.we.are)`.
pub(super) fn read(agent: &str) -> Option<(&str, Option<&str>)> {
    let own_name = || own_name(agent).map(|own| (own.name, major(own.version)));
    match products(agent).find_map(bot) {
        // A bare `bot` says what it is but not who.
        Some(bot @ (name, _)) if is_bare(name) => own_name().or(Some(bot)),
        None if agent.contains("compatible;") && agent.contains("+http") => own_name(),
        bot => bot,
    }
}

/// Whether any word ends as a bot's name does, be it in an address: `(+https://who.we.are/bot.html)`.
/// That is too little to doubt a machine or a browser for.
pub(super) fn is_mentioned(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    let ends = |word| agent.split(word).skip(1).any(|rest| !rest.starts_with(char::is_alphanumeric));
    WORDS.into_iter().any(ends)
}

fn bot<'a>(Product { name, version }: Product<'a>) -> Option<(&'a str, Option<&'a str>)> {
    let name = name.trim_matches(|c: char| !c.is_alphanumeric());
    let known = BOTS.iter().find(|(token, _)| token.eq_ignore_ascii_case(name));
    let name = known.map(|(_, name)| *name).or_else(|| is_bot(name).then_some(name))?;
    Some((name, major(version)))
}

fn is_bot(name: &str) -> bool {
    let ends = |word: &str| {
        let end = name.len().checked_sub(word.len()).and_then(|at| name.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    // Cubot makes phones.
    WORDS.into_iter().any(ends) && !name.eq_ignore_ascii_case("cubot")
}

fn is_bare(name: &str) -> bool {
    ["bot", "robot", "crawler", "spider"].iter().any(|word| word.eq_ignore_ascii_case(name))
}
