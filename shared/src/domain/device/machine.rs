//! Machines: find the kind of machine and its operating system.

use super::DeviceType;
use super::known_machines::{KnownMachine, MACHINES};
use super::text::{contains_word, major_version, text_after, version_after};

/// The machine that an agent describes.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) kind: DeviceType,
    pub(super) name: &'static str,
    pub(super) os: &'static str,
    pub(super) os_version: Option<String>,
}

/// The machine in our table, or the default one.
pub(super) fn parse(agent: &str) -> Machine {
    let row = MACHINES.iter().find(|row| row.markers.iter().all(|marker| contains_word(agent, marker)));
    row.map(|row| from_row(agent, row)).unwrap_or_default()
}

fn from_row(agent: &str, row: &KnownMachine) -> Machine {
    let stated = row.version.iter().find_map(|marker| version_after(agent, marker));
    let os_version = match row.os {
        "Windows" => windows_version(agent).map(String::from),
        "macOS" => macos_version(agent),
        "iOS" | "iPadOS" => stated.map(String::from).or_else(|| ios_version(agent)),
        // Chrome sends this on every version of Android.
        "Android" if agent.contains("Android 10; K") => None,
        _ => stated.map(String::from),
    };
    let (kind, name) = match row.name {
        "Android phone" => android(agent),
        name => (row.kind, name),
    };
    Machine { kind, name, os: row.os, os_version }
}

/// Browsers on Android send `Mobile` on a phone, and not on a tablet. Apps send it on neither.
fn android(agent: &str) -> (DeviceType, &'static str) {
    if contains_word(agent, "Mobile") {
        (DeviceType::Mobile, "Android phone")
    } else if agent.starts_with("Mozilla/") {
        (DeviceType::Tablet, "Android tablet")
    } else {
        (DeviceType::Mobile, "Android device")
    }
}

/// None for NT 10.0, because that is Windows 10 or 11.
fn windows_version(agent: &str) -> Option<&'static str> {
    let nt = text_after(agent, "Windows NT ")?;
    let versions =
        [("6.3", "8.1"), ("6.2", "8"), ("6.1", "7"), ("6.0", "Vista"), ("5.2", "XP"), ("5.1", "XP")];
    versions.into_iter().find(|(number, _)| nt.starts_with(number)).map(|(_, name)| name)
}

/// None for 10.15, because Safari, Chrome and Firefox send it on every later version, too.
fn macos_version(agent: &str) -> Option<String> {
    if let Some(darwin) = darwin(agent) {
        return (darwin >= 20).then(|| if darwin < 25 { darwin - 9 } else { darwin + 1 }.to_string());
    }
    let stated = ["Mac OS X ", "macOS "].iter().find_map(|marker| text_after(agent, marker))?;
    match major_version(stated)? {
        "10" => {
            let minor: u32 = major_version(stated[2..].strip_prefix(['_', '.'])?)?.parse().ok()?;
            (minor < 15).then(|| format!("10.{minor}"))
        }
        version => Some(version.into()),
    }
}

/// Since version 26, Safari sends `OS 18_6` or `OS 18_7` on every version of iOS. Its own version is that of iOS. A web
/// view sends the frozen version alone, so that the version is unknown. Other browsers still send the real one.
fn ios_version(agent: &str) -> Option<String> {
    if let Some(darwin) = darwin(agent) {
        return (darwin >= 14).then(|| if darwin < 25 { darwin - 6 } else { darwin + 1 }.to_string());
    }
    let stated = ["iPhone OS ", "CPU OS "].iter().find_map(|marker| text_after(agent, marker))?;
    let frozen = stated.starts_with("18_6") || stated.starts_with("18_7");
    let version = match version_after(agent, "Version/") {
        Some(safari) if frozen => Some(safari),
        None if frozen && !agent.contains("iOS/") => None,
        _ => major_version(stated),
    };
    version.map(String::from)
}

/// The version of the kernel. It is ahead of the system's version by a fixed number up to 24, and one behind it since 25.
fn darwin(agent: &str) -> Option<u32> {
    version_after(agent, "Darwin/")?.parse::<u8>().ok().map(u32::from)
}
