//! Which program is it: a bot, a tool, a browser, or an app of its own?

use woothee::parser::{Parser, WootheeResult};
use woothee::woothee::VALUE_UNKNOWN;

use super::known_programs::{BROWSERS, TOOLS};
use super::machine::{self, Machine};
use super::text::{Product, has, is_engine, major, major_after, own_name, products, shown};
use super::{Device, DeviceType, bot};

/// A name and a major version.
type Named<'a> = (&'a str, Option<&'a str>);

/// Reads an agent that has already been cut.
pub(super) fn read(agent: &str) -> Device {
    if let Some(bot) = bot::read(agent) {
        return device(DeviceType::Bot, Machine::default(), Some(bot));
    }
    let known = machine::known(agent);
    if let Some(tool) = tool(agent) {
        return device(DeviceType::Cli, known.unwrap_or_default(), Some(tool));
    }
    // An app that names itself and its machine leaves nothing to ask, and woothee compiles every
    // pattern it has before it says no.
    let found = match &known {
        Some(_) if !agent.starts_with("Mozilla/") => WootheeResult::default(),
        _ => Parser::new().parse(agent).unwrap_or_default(),
    };
    match (found.category, found.name) {
        ("crawler", "misc crawler") => device(DeviceType::Bot, Machine::default(), own(agent)),
        ("crawler", name) => device(DeviceType::Bot, Machine::default(), Some((name, None))),
        (_, "HTTP Library") => device(DeviceType::Cli, known.unwrap_or_default(), own(agent)),
        _ => {
            let machine = known.unwrap_or_else(|| machine::unusual(&found));
            let program = browser(agent, &found, machine.os).or_else(|| app(agent, machine.os));
            device(machine.kind, machine, program)
        }
    }
}

fn device(kind: DeviceType, machine: Machine<'_>, program: Option<Named<'_>>) -> Device {
    Device {
        kind,
        name: shown(machine.name, 24),
        browser: program.and_then(|(name, _)| shown(name, 24)),
        browser_version: program.and_then(|(_, version)| shown(version?, 8)),
        os: shown(machine.os, 16),
        os_version: machine.os_version.and_then(|version| shown(&version, 8)),
    }
}

/// A tool under its usual name, or a program built on one under its own: `Homebrew` of
/// `Homebrew/4.3 (…) curl/8.6`.
fn tool(agent: &str) -> Option<Named<'_>> {
    let rank = |name: &str| TOOLS.iter().position(|(tool, _)| tool.eq_ignore_ascii_case(name));
    let first = products(agent).next()?;
    let (rank_of_tool, version) = products(agent)
        .enumerate()
        .filter(|(at, product)| *at == 0 || !product.version.is_empty())
        .filter_map(|(_, product)| Some((rank(product.name)?, product.version)))
        .min_by_key(|(rank, _)| *rank)?;
    if rank(first.name).is_some() || is_engine(first.name) {
        Some((TOOLS[rank_of_tool].1, major(version)))
    } else {
        named(first)
    }
}

/// A browser by our table or woothee's, an app's own name if it is a browser in a box.
fn browser<'a>(agent: &'a str, found: &WootheeResult<'a>, os: &str) -> Option<Named<'a>> {
    let known = BROWSERS.iter().find(|(marker, _)| has(agent, marker));
    if let Some((marker, name)) = known {
        return Some((name, major_after(agent, marker)));
    }
    if agent.contains("ArkWeb/") {
        return Some(("Huawei Browser", None));
    }
    if has(agent, "Electron/") {
        return own(agent).or(Some(("Electron", major_after(agent, "Electron/"))));
    }
    match found.name {
        VALUE_UNKNOWN | "" | "Webview" | "Google Search App" | "Safari" => engine(agent, os),
        "SamsungBrowser" => Some(("Samsung Internet", major(found.version))),
        name if found.browser_type == "browser" => Some((name, major(found.version))),
        _ => None,
    }
}

/// The browser that a web view is: Safari on Apple's systems, else Chrome. WebKit elsewhere, on a
/// console or a television, has no name of its own.
fn engine<'a>(agent: &'a str, os: &str) -> Option<Named<'a>> {
    if has(agent, "Chrome/") {
        return Some(("Chrome", major_after(agent, "Chrome/")));
    }
    let is_safari = has(agent, "AppleWebKit/") && matches!(os, "iOS" | "iPadOS" | "macOS");
    is_safari.then(|| ("Safari", major_after(agent, "Version/")))
}

/// Something that is no browser, under the name it gives itself. What says `Mozilla` and names a
/// machine is that machine's browser and has none.
fn app<'a>(agent: &'a str, os: &str) -> Option<Named<'a>> {
    let first = products(agent).next()?;
    match is_engine(first.name) {
        true if os.is_empty() => own(agent).or(named(first)),
        true => None,
        false => named(first),
    }
}

fn own(agent: &str) -> Option<Named<'_>> {
    own_name(agent).and_then(named)
}

fn named(product: Product<'_>) -> Option<Named<'_>> {
    Some((product.name, major(product.version)))
}
