//! Which program is it: a bot, a tool, a browser, or an app of its own?

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
    let machine = machine::read(agent);
    if let Some(tool) = tool(agent) {
        return device(DeviceType::Cli, machine, Some(tool));
    }
    let browser = browser(agent, machine.os);
    if browser.is_none() && machine.os.is_empty() && bot::is_mentioned(agent) {
        return device(DeviceType::Bot, machine, own(agent));
    }
    let program = browser.or_else(|| app(agent, machine.os));
    device(machine.kind, machine, program)
}

fn device(kind: DeviceType, machine: Machine, program: Option<Named<'_>>) -> Device {
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

/// A browser by our table, an app's own name if it is a browser in a box, or the bare engine.
fn browser<'a>(agent: &'a str, os: &str) -> Option<Named<'a>> {
    let known = BROWSERS.iter().find(|(marker, _)| has(agent, marker));
    if let Some((marker, name)) = known {
        return Some((name, major_after(agent, marker)));
    }
    if agent.contains("ArkWeb/") {
        return Some(("Huawei Browser", None));
    }
    // The last one, 11, no longer said its own name.
    if has(agent, "Trident/") {
        return Some(("Internet Explorer", major_after(agent, "rv:")));
    }
    if has(agent, "Electron/") {
        return own(agent).or(Some(("Electron", major_after(agent, "Electron/"))));
    }
    engine(agent, os)
}

/// Plain Chrome or Safari, or the web view of one. WebKit on a console or a television has no name
/// of its own.
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
