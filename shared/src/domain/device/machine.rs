//! Which machine is it, and what runs on it?

use super::DeviceType;
use super::known_machines::{MACHINES, Row};
use super::text::{after, has, major, major_after};

/// What an agent says about the machine.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) kind: DeviceType,
    pub(super) name: &'static str,
    pub(super) os: &'static str,
    pub(super) os_version: Option<String>,
}

/// The machine by our table; the default one if it is not there.
pub(super) fn read(agent: &str) -> Machine {
    let row = MACHINES.iter().find(|row| row.markers.iter().all(|marker| has(agent, marker)));
    row.map(|row| from_row(agent, row)).unwrap_or_default()
}

fn from_row(agent: &str, row: &Row) -> Machine {
    let stated = row.version.iter().find_map(|marker| major_after(agent, marker));
    let os_version = match row.os {
        "Windows" => windows_version(agent).map(String::from),
        "macOS" => macos_version(agent),
        "iOS" | "iPadOS" => stated.map(String::from).or_else(|| ios_version(agent)),
        // Chrome says so on every Android.
        "Android" if agent.contains("Android 10; K") => None,
        _ => stated.map(String::from),
    };
    let (kind, name) = match row.name {
        "Android phone" => android(agent),
        name => (row.kind, name),
    };
    Machine { kind, name, os: row.os, os_version }
}

/// Android browsers say `Mobile` on a phone and nothing on a tablet; apps say nothing on either.
fn android(agent: &str) -> (DeviceType, &'static str) {
    if has(agent, "Mobile") {
        (DeviceType::Mobile, "Android phone")
    } else if agent.starts_with("Mozilla/") {
        (DeviceType::Tablet, "Android tablet")
    } else {
        (DeviceType::Mobile, "Android device")
    }
}

/// None for NT 10.0, which is Windows 10 or 11.
fn windows_version(agent: &str) -> Option<&'static str> {
    let nt = after(agent, "Windows NT ")?;
    let versions =
        [("6.3", "8.1"), ("6.2", "8"), ("6.1", "7"), ("6.0", "Vista"), ("5.2", "XP"), ("5.1", "XP")];
    versions.into_iter().find(|(number, _)| nt.starts_with(number)).map(|(_, name)| name)
}

/// None for 10.15, at which Safari, Chrome and Firefox stopped.
fn macos_version(agent: &str) -> Option<String> {
    if let Some(darwin) = darwin(agent) {
        return (darwin >= 20).then(|| if darwin < 25 { darwin - 9 } else { darwin + 1 }.to_string());
    }
    let stated = ["Mac OS X ", "macOS "].iter().find_map(|marker| after(agent, marker))?;
    match major(stated)? {
        "10" => {
            let minor: u32 = major(stated[2..].strip_prefix(['_', '.'])?)?.parse().ok()?;
            (minor < 15).then(|| format!("10.{minor}"))
        }
        version => Some(version.into()),
    }
}

/// Since 26 Safari says `OS 18_6` or `18_7` whatever the system, and the system's version as its
/// own. A web view of that time says neither; other browsers go on telling.
fn ios_version(agent: &str) -> Option<String> {
    if let Some(darwin) = darwin(agent) {
        return (darwin >= 14).then(|| if darwin < 25 { darwin - 6 } else { darwin + 1 }.to_string());
    }
    let stated = ["iPhone OS ", "CPU OS "].iter().find_map(|marker| after(agent, marker))?;
    let frozen = stated.starts_with("18_6") || stated.starts_with("18_7");
    let version = match major_after(agent, "Version/") {
        Some(safari) if frozen => Some(safari),
        None if frozen && !agent.contains("iOS/") => None,
        _ => major(stated),
    };
    version.map(String::from)
}

/// The kernel's version, which runs ahead of the system's by a fixed number up to 24 and is one
/// behind it since 25.
fn darwin(agent: &str) -> Option<u32> {
    major_after(agent, "Darwin/")?.parse::<u8>().ok().map(u32::from)
}
