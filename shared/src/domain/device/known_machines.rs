//! The table of machines: how agents name those that are still in use. The first match wins.

use super::DeviceType::{self, Desktop, Mobile, Tablet};

/// A machine. Its agent contains all `markers`, and the version of its operating system follows one of `version`.
pub(super) struct KnownMachine {
    pub(super) markers: &'static [&'static str],
    pub(super) kind: DeviceType,
    pub(super) name: &'static str,
    pub(super) os: &'static str,
    pub(super) version: &'static [&'static str],
}

type Words = &'static [&'static str];

const fn machine(
    markers: Words,
    kind: DeviceType,
    name: &'static str,
    os: &'static str,
    version: Words,
) -> KnownMachine {
    KnownMachine { markers, kind, name, os, version }
}

/// A system comes before the system that it is compatible with: the agent of HarmonyOS contains `Android`, the one of an
/// iPhone contains `Mac OS X`, and the one of Android contains `Linux`.
#[rustfmt::skip] // One line per machine.
pub(super) const MACHINES: &[KnownMachine] = &[
    machine(&["Tablet; OpenHarmony"], Tablet, "HarmonyOS tablet", "HarmonyOS", &["OpenHarmony"]),
    machine(&["PC; OpenHarmony"], Desktop, "HarmonyOS PC", "HarmonyOS", &["OpenHarmony"]),
    machine(&["OpenHarmony"], Mobile, "HarmonyOS phone", "HarmonyOS", &["OpenHarmony"]),
    machine(&["HarmonyOS"], Mobile, "HarmonyOS phone", "HarmonyOS", &["HarmonyOS"]),
    machine(&["KAIOS"], Mobile, "KaiOS phone", "KaiOS", &["KAIOS"]),
    machine(&["Windows Phone"], Mobile, "Windows Phone", "Windows Phone", &["Windows Phone"]),
    machine(&["BB10"], Mobile, "BlackBerry", "BlackBerry 10", &[]),
    machine(&["BlackBerry"], Mobile, "BlackBerry", "BlackBerry", &[]),
    // A tablet that requests desktop pages: the platform is a Mac or a Linux PC, but these browsers exist only on tablets
    // and phones.
    machine(&["CriOS/", "Macintosh"], Tablet, "iPad", "iPadOS", &[]),
    machine(&["FxiOS/", "Macintosh"], Tablet, "iPad", "iPadOS", &[]),
    machine(&["EdgiOS/", "Macintosh"], Tablet, "iPad", "iPadOS", &[]),
    machine(&["SamsungBrowser/", "X11; Linux"], Tablet, "Android tablet", "Android", &[]),
    machine(&["iPad"], Tablet, "iPad", "iPadOS", &["iPadOS ", "iOS ", "FBSV/"]),
    machine(&["iPod"], Mobile, "iPod touch", "iOS", &["iOS ", "FBSV/"]),
    machine(&["iPhone"], Mobile, "iPhone", "iOS", &["iOS ", "FBSV/"]),
    machine(&["iPadOS"], Tablet, "iPad", "iPadOS", &["iPadOS "]),
    machine(&["iOS"], Mobile, "iPhone or iPad", "iOS", &["iOS "]),
    machine(&["Android"], Mobile, "Android phone", "Android", &["Android "]),
    machine(&["CrOS"], Desktop, "Chromebook", "ChromeOS", &[]),
    machine(&["Windows"], Desktop, "Windows PC", "Windows", &[]),
    machine(&["Macintosh"], Desktop, "Mac", "macOS", &[]),
    machine(&["Mac OS X"], Desktop, "Mac", "macOS", &[]),
    machine(&["macOS"], Desktop, "Mac", "macOS", &[]),
    // The HTTP clients of the systems, which name no machine. An app on a Mac with an Apple chip sends the same agent as
    // on a phone.
    machine(&["CFNetwork/", "x86_64"], Desktop, "Mac", "macOS", &[]),
    machine(&["CFNetwork/"], Mobile, "iPhone or iPad", "iOS", &[]),
    machine(&["okhttp/"], Mobile, "Android device", "Android", &[]),
    machine(&["FreeBSD"], Desktop, "FreeBSD PC", "FreeBSD", &[]),
    machine(&["Linux"], Desktop, "Linux PC", "Linux", &[]),
];
