//! Programs: find the bot, the tool, the browser or the app that sent an agent.

use super::known_programs::{BROWSERS, TOOLS};
use super::machine::{self, Machine};
use super::text::{
    Product, contains_word, displayable, is_generic, major_version, own_product, products, version_after,
};
use super::{Device, DeviceType, bot};

/// A name and a major version.
type Named<'a> = (&'a str, Option<&'a str>);

/// Parses an agent that has already been cut.
pub(super) fn parse(agent: &str) -> Device {
    if let Some(bot) = bot::parse(agent) {
        return device(DeviceType::Bot, Machine::default(), Some(bot));
    }
    let machine = machine::parse(agent);
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
        name: displayable(machine.name, 24),
        browser: program.and_then(|(name, _)| displayable(name, 24)),
        browser_version: program.and_then(|(_, version)| displayable(version?, 8)),
        os: displayable(machine.os, 16),
        os_version: machine.os_version.and_then(|version| displayable(&version, 8)),
    }
}

/// A tool, or the program that uses it: `Homebrew` of `Homebrew/4.3 (…) curl/8.6`.
fn tool(agent: &str) -> Option<Named<'_>> {
    let rank = |name: &str| TOOLS.iter().position(|(tool, _)| tool.eq_ignore_ascii_case(name));
    let first = products(agent).next()?;
    let (rank_of_tool, version) = products(agent)
        .enumerate()
        .filter(|(at, product)| *at == 0 || !product.version.is_empty())
        .filter_map(|(_, product)| Some((rank(product.name)?, product.version)))
        .min_by_key(|(rank, _)| *rank)?;
    if rank(first.name).is_some() || is_generic(first.name) {
        Some((TOOLS[rank_of_tool].1, major_version(version)))
    } else {
        named(first)
    }
}

/// A browser in our table, an Electron app under its own name, or plain Chrome or Safari.
fn browser<'a>(agent: &'a str, os: &str) -> Option<Named<'a>> {
    let known = BROWSERS.iter().find(|(marker, _)| contains_word(agent, marker));
    if let Some((marker, name)) = known {
        return Some((name, version_after(agent, marker)));
    }
    if agent.contains("ArkWeb/") {
        return Some(("Huawei Browser", None));
    }
    // The agent of version 11, the last one, does not contain `MSIE`.
    if contains_word(agent, "Trident/") {
        return Some(("Internet Explorer", version_after(agent, "rv:")));
    }
    if contains_word(agent, "Electron/") {
        return own(agent).or(Some(("Electron", version_after(agent, "Electron/"))));
    }
    engine(agent, os)
}

/// Plain Chrome or Safari, or the web view of one. WebKit on another system than Apple's has no name.
fn engine<'a>(agent: &'a str, os: &str) -> Option<Named<'a>> {
    if contains_word(agent, "Chrome/") {
        return Some(("Chrome", version_after(agent, "Chrome/")));
    }
    let is_safari = contains_word(agent, "AppleWebKit/") && matches!(os, "iOS" | "iPadOS" | "macOS");
    is_safari.then(|| ("Safari", version_after(agent, "Version/")))
}

/// An app under the name of its first product. An agent that begins with `Mozilla` and describes a known machine is from
/// a browser without a name.
fn app<'a>(agent: &'a str, os: &str) -> Option<Named<'a>> {
    let first = products(agent).next()?;
    match is_generic(first.name) {
        true if os.is_empty() => own(agent).or(named(first)),
        true => None,
        false => named(first),
    }
}

fn own(agent: &str) -> Option<Named<'_>> {
    own_product(agent).and_then(named)
}

fn named(product: Product<'_>) -> Option<Named<'_>> {
    Some((product.name, major_version(product.version)))
}
