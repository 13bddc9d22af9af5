//! The machines that still exist, as agents name them. All of it is data; the first match wins.

use super::DeviceType::{self, Console, Desktop, Mobile, Tablet, Tv};

/// A machine: all `markers` are in its agent, and its version follows the first of `version`.
pub(super) struct Row {
    pub(super) markers: &'static [&'static str],
    pub(super) kind: DeviceType,
    pub(super) name: &'static str,
    pub(super) os: &'static str,
    pub(super) version: &'static [&'static str],
}

type Words = &'static [&'static str];

const fn row(markers: Words, kind: DeviceType, name: &'static str, os: &'static str, version: Words) -> Row {
    Row { markers, kind, name, os, version }
}

/// Before the systems that their makers built on: a television says Linux or Android as well, an
/// Xbox says Windows, an iPhone says Mac OS X.
#[rustfmt::skip] // A line a machine.
pub(super) const MACHINES: &[Row] = &[
    row(&["PlayStation 5"], Console, "PlayStation 5", "PlayStation 5", &["PlayStation 5"]),
    row(&["PlayStation 4"], Console, "PlayStation 4", "PlayStation 4", &["PlayStation 4"]),
    row(&["PLAYSTATION 3"], Console, "PlayStation 3", "PlayStation 3", &["PLAYSTATION 3;", "PLAYSTATION 3"]),
    row(&["PlayStation Vita"], Console, "PlayStation Vita", "PlayStation Vita", &["PlayStation Vita"]),
    row(&["PlayStation Portable"], Console, "PlayStation Portable", "PSP", &["PlayStation Portable);"]),
    row(&["(Nintendo Switch 2"], Console, "Nintendo Switch 2", "Nintendo Switch", &[]),
    row(&["(Nintendo Switch"], Console, "Nintendo Switch", "Nintendo Switch", &[]),
    row(&["(Nintendo WiiU"], Console, "Nintendo Wii U", "Nintendo Wii U", &[]),
    row(&["(Nintendo Wii"], Console, "Nintendo Wii", "Nintendo Wii", &[]),
    row(&["Nintendo 3DS"], Console, "Nintendo 3DS", "Nintendo 3DS", &[]),
    row(&["Nintendo DSi"], Console, "Nintendo DSi", "Nintendo DSi", &[]),
    row(&["; Xbox Series X"], Console, "Xbox Series X", "Xbox", &[]),
    row(&["; Xbox One"], Console, "Xbox One", "Xbox", &[]),
    row(&["; Xbox"], Console, "Xbox", "Xbox", &[]),
    row(&["AppleTV"], Tv, "Apple TV", "tvOS", &["tvOS", "CPU OS"]),
    row(&["Apple TV"], Tv, "Apple TV", "tvOS", &["tvOS", "CPU OS"]),
    row(&["/DVP-"], Tv, "Roku", "Roku OS", &["/DVP-"]),
    row(&["Tizen"], Tv, "Samsung TV", "Tizen", &["Tizen"]),
    row(&["Web0S"], Tv, "LG TV", "webOS", &[]),
    row(&["webOS"], Tv, "LG TV", "webOS", &[]),
    row(&["VIDAA"], Tv, "Hisense TV", "VIDAA", &["VIDAA"]),
    row(&["; AFT"], Tv, "Fire TV", "Android", &["Android "]),
    row(&["AndroidTV"], Tv, "Android TV", "Android", &["Android "]),
    row(&["Android TV"], Tv, "Android TV", "Android", &["Android "]),
    row(&["BRAVIA", "Android"], Tv, "Android TV", "Android", &["Android "]),
    row(&["GoogleTV"], Tv, "Google TV", "Android", &["Android "]),
    row(&["Google TV"], Tv, "Google TV", "Android", &["Android "]),
    row(&["Chromecast", "Android"], Tv, "Chromecast", "Android", &["Android "]),
    row(&["CrKey"], Tv, "Chromecast", "Cast OS", &[]),
    row(&["SMART-TV"], Tv, "Smart TV", "Linux", &[]),
    row(&["SmartTV"], Tv, "Smart TV", "Linux", &[]),
    row(&["Smart TV"], Tv, "Smart TV", "Linux", &[]),
    row(&["HbbTV"], Tv, "Smart TV", "Linux", &[]),
    row(&["InettvBrowser/"], Tv, "Digital TV", "Digital TV", &[]),
    row(&["Tablet; OpenHarmony"], Tablet, "HarmonyOS tablet", "HarmonyOS", &["OpenHarmony"]),
    row(&["PC; OpenHarmony"], Desktop, "HarmonyOS PC", "HarmonyOS", &["OpenHarmony"]),
    row(&["OpenHarmony"], Mobile, "HarmonyOS phone", "HarmonyOS", &["OpenHarmony"]),
    row(&["HarmonyOS"], Mobile, "HarmonyOS phone", "HarmonyOS", &["HarmonyOS"]),
    row(&["KAIOS"], Mobile, "KaiOS phone", "KaiOS", &["KAIOS"]),
    row(&["Windows Phone"], Mobile, "Windows Phone", "Windows Phone", &["Windows Phone"]),
    row(&["BB10"], Mobile, "BlackBerry", "BlackBerry 10", &[]),
    row(&["BlackBerry"], Mobile, "BlackBerry", "BlackBerry", &[]),
    // Desktop pages asked for: the platform says Mac, the browser that it is the one for iOS.
    row(&["CriOS/", "Macintosh"], Tablet, "iPad", "iPadOS", &[]),
    row(&["FxiOS/", "Macintosh"], Tablet, "iPad", "iPadOS", &[]),
    row(&["EdgiOS/", "Macintosh"], Tablet, "iPad", "iPadOS", &[]),
    row(&["SamsungBrowser/", "X11; Linux"], Tablet, "Android tablet", "Android", &[]),
    row(&["iPad"], Tablet, "iPad", "iPadOS", &["iPadOS ", "iOS ", "FBSV/"]),
    row(&["iPod"], Mobile, "iPod touch", "iOS", &["iOS ", "FBSV/"]),
    row(&["iPhone"], Mobile, "iPhone", "iOS", &["iOS ", "FBSV/"]),
    row(&["iPadOS"], Tablet, "iPad", "iPadOS", &["iPadOS "]),
    row(&["iOS"], Mobile, "iPhone or iPad", "iOS", &["iOS "]),
    row(&["Android"], Mobile, "Android phone", "Android", &["Android "]),
    row(&["CrOS"], Desktop, "Chromebook", "ChromeOS", &[]),
    row(&["Windows"], Desktop, "Windows PC", "Windows", &[]),
    row(&["Macintosh"], Desktop, "Mac", "macOS", &[]),
    row(&["Mac OS X"], Desktop, "Mac", "macOS", &[]),
    row(&["macOS"], Desktop, "Mac", "macOS", &[]),
    // The systems' own HTTP clients, which say nothing else. An app on a Mac with Apple's chip
    // cannot be told from one on a phone.
    row(&["CFNetwork/", "x86_64"], Desktop, "Mac", "macOS", &[]),
    row(&["CFNetwork/"], Mobile, "iPhone or iPad", "iOS", &[]),
    row(&["okhttp/"], Mobile, "Android device", "Android", &[]),
    row(&["FreeBSD"], Desktop, "FreeBSD PC", "FreeBSD", &[]),
    row(&["Linux"], Desktop, "Linux PC", "Linux", &[]),
];
