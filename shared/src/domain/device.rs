//! Devices: read browser, machine and operating system from a `User-Agent`.
//!
//! A user agent is a claim, not a proof, because every client can send the agent of another one. We use it to name a
//! session to its user and to compare two devices. No access is granted because of it.
//!
//! ```text
//! agent ── its first 512 bytes ──┬── bot?      the agent names itself a bot
//!                                ├── machine   kind, name, operating system
//!                                └── program   tool, browser or app
//!                                      │
//!                                   Device   every string is bounded and safe to display
//! ```
//!
//! Machines and programs are looked up in two tables. A program that is not in them gets the name of its first product.
//! There is nothing to load or to compile, so that the first call takes ten microseconds, like every other call.
//!
//! Browsers have frozen parts of their agents. A frozen part gives `None`, not a guess: `Windows NT 10.0` is Windows 10
//! or 11, `Mac OS X 10_15_7` is any macOS, `Android 10; K` is any Android, and an iPad that requests desktop pages sends
//! the agent of a Mac.

mod bot;
mod hints;
mod known_machines;
mod known_programs;
mod machine;
mod program;
mod text;

#[cfg(test)]
mod agents_test;

pub use hints::Hints;

use std::fmt;
use std::str::FromStr;

/// The part of an agent that is read, in bytes. Real agents are shorter than 400 bytes. Without a limit, a client could
/// decide how much time we spend.
const PARSED_MAX_BYTES: usize = 512;

/// The device that an agent describes. The default is the unknown device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its kind.
    pub kind: DeviceType,
    /// The name of the machine, for people: `Windows PC`, `iPhone`. At most 24 bytes.
    pub name: Option<String>,
    /// The browser, app, tool or bot: `Chrome`, `Slack`, `curl`, `Googlebot`. At most 24 bytes.
    pub browser: Option<String>,
    /// Its major version: `140`. At most 8 bytes.
    pub browser_version: Option<String>,
    /// The operating system: `Windows`, `iPadOS`. At most 16 bytes.
    pub os: Option<String>,
    /// The version of the operating system, where the agent still has it: `18`, `8.1`. At most 8 bytes.
    pub os_version: Option<String>,
}

/// The kind of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceType {
    /// A computer with a keyboard.
    Desktop,
    /// A phone, or an app that could run on a phone or on a tablet.
    Mobile,
    /// A tablet.
    Tablet,
    /// A crawler, a monitor, or a browser without a window.
    Bot,
    /// A command-line tool or a bare HTTP library.
    Cli,
    /// Anything else.
    #[default]
    Unknown,
}

impl Device {
    /// Reads an agent. No agent, an empty one and one without a word give the unknown device.
    ///
    /// Never panics, and takes time linear in the length of the agent, of which it reads at most 512 bytes. Its strings
    /// have no control, bidirectional or invisible characters, because pages display them.
    pub fn parse(agent: Option<&str>) -> Device {
        let agent = agent.unwrap_or_default();
        program::parse(&agent[..agent.floor_char_boundary(PARSED_MAX_BYTES)])
    }

    /// Whether both have the same browser on the same operating system.
    ///
    /// Versions do not count, so that an updated browser is the same device. The unknown device equals only itself. A web
    /// view equals its browser. Safari on an iPad equals Safari on a Mac, because an iPad that requests desktop pages
    /// sends the agent of a Mac.
    pub fn is_same_device(&self, other: &Device) -> bool {
        self.family() == other.family()
    }

    /// The name of the device in one line: `Chrome on Windows`, `curl`, `Unknown device`.
    pub fn label(&self) -> String {
        match (&self.browser, &self.os) {
            (Some(browser), Some(os)) => format!("{browser} on {os}"),
            (Some(browser), None) => browser.clone(),
            (None, os) => self.name.as_ref().or(os.as_ref()).map_or("Unknown device", |s| s).into(),
        }
    }

    /// The browser and the operating system by which two devices are compared.
    pub fn family(&self) -> (Option<&str>, Option<&str>) {
        match (self.browser.as_deref(), self.os.as_deref()) {
            // DuckDuckGo uses WebKit on Apple's systems, too, and sends the agent of a Mac in the same case.
            (browser @ Some("Safari" | "DuckDuckGo"), Some("iPadOS")) => (browser, Some("macOS")),
            family => family,
        }
    }
}

impl DeviceType {
    /// Its name in the API and in the store: `desktop`, `mobile`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceType::Desktop => "desktop",
            DeviceType::Mobile => "mobile",
            DeviceType::Tablet => "tablet",
            DeviceType::Bot => "bot",
            DeviceType::Cli => "cli",
            DeviceType::Unknown => "unknown",
        }
    }
}

impl FromStr for DeviceType {
    type Err = NotADeviceType;

    fn from_str(name: &str) -> Result<Self, NotADeviceType> {
        use DeviceType::*;
        [Desktop, Mobile, Tablet, Bot, Cli, Unknown]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(NotADeviceType)
    }
}

/// The string is not the name of a [`DeviceType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADeviceType;

impl fmt::Display for NotADeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a device type")
    }
}

impl std::error::Error for NotADeviceType {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
        (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";
    const CHROME_MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 \
        (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Version/18.6 Safari/605.1.15";
    const IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
    const IPAD_VIEW: &str = "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Mobile/15E148";
    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) \
        AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
    const IPHONE_VIEW: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) \
        AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/519.0]";
    const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 \
        (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
    const ANDROID_VIEW: &str = "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/AP3A; wv) \
        AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/139.0.7258.143 Mobile Safari/537.36";
    const IPAD_CHROME: &str = "Mozilla/5.0 (iPad; CPU OS 18_4 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) CriOS/136.0.7103.56 Mobile/15E148 Safari/604.1";
    const IPAD_CHROME_DESKTOP: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) \
        AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/136 Version/11.1.1 Safari/605.1.15";

    fn same(one: &str, other: &str) -> bool {
        let (one, other) = (Device::parse(Some(one)), Device::parse(Some(other)));
        assert_eq!(one.is_same_device(&other), other.is_same_device(&one));
        one.is_same_device(&other)
    }

    #[test]
    fn an_update_is_the_same_device() {
        assert!(same(CHROME, &CHROME.replace("140", "141")));
        assert!(same(IPHONE, &IPHONE.replace("18_6", "18_7").replace("18.6", "26.1")));
        assert!(same("curl/8.1.2", "curl/8.5.0"));
        assert!(same("MyApp/1", "MyApp/2.0 (build 9)"));
    }

    #[test]
    fn another_browser_or_system_is_another_device() {
        assert!(!same(CHROME, FIREFOX));
        assert!(!same(CHROME, CHROME_MAC));
        assert!(!same(MAC, IPHONE));
        assert!(!same(IPAD, IPHONE));
        assert!(!same("MyApp/1", "Other/1"));
        assert!(!same("curl/8.5.0", CHROME));
    }

    #[test]
    fn an_ipad_that_requests_desktop_pages_is_the_same_device() {
        assert!(same(IPAD, MAC));
        assert!(same(IPAD_VIEW, MAC));
        assert!(same(IPAD_CHROME, IPAD_CHROME_DESKTOP));
        assert!(!same(IPAD_CHROME, CHROME_MAC));
        assert!(!same(IPAD, CHROME_MAC));
    }

    #[test]
    fn a_web_view_is_the_same_device_as_its_browser() {
        assert!(same(IPHONE, IPHONE_VIEW));
        assert!(same(IPAD, IPAD_VIEW));
        assert!(same(ANDROID, ANDROID_VIEW));
        assert!(!same(ANDROID_VIEW, IPHONE_VIEW));
    }

    #[test]
    fn the_unknown_device_equals_only_itself() {
        let none = Device::parse(None);
        assert_eq!(none, Device::default());
        assert!(none.is_same_device(&Device::parse(None)));
        for nothing in ["", " ", "-", "(;;)", "\0", "\r\n", "\u{202e}"] {
            assert_eq!(Device::parse(Some(nothing)), none, "{nothing:?}");
        }
        for something in [CHROME, "curl/8.5.0", "MyApp/1", "Googlebot/2.1"] {
            assert!(!none.is_same_device(&Device::parse(Some(something))), "{something}");
        }
    }

    #[test]
    fn a_label_names_browser_and_system() {
        let label = |agent| Device::parse(Some(agent)).label();
        assert_eq!(label(CHROME), "Chrome on Windows");
        assert_eq!(label(IPAD), "Safari on iPadOS");
        assert_eq!(label("curl/8.5.0"), "curl");
        assert_eq!(label("Mozilla/5.0 (BB10; Touch) AppleWebKit/537.35+"), "BlackBerry");
        assert_eq!(Device::default().label(), "Unknown device");
    }

    #[test]
    fn a_device_type_is_parsed_from_its_name() {
        use DeviceType::*;
        for kind in [Desktop, Mobile, Tablet, Bot, Cli, Unknown] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("Desktop".parse::<DeviceType>(), Err(NotADeviceType));
        assert_eq!("".parse::<DeviceType>(), Err(NotADeviceType));
        assert_eq!(NotADeviceType.to_string(), "not a device type");
    }

    /// Checks that no string is empty or too long, or has characters that hide or reorder text.
    fn assert_displayable(agent: &str) -> Device {
        let device = Device::parse(Some(agent));
        let Device { kind: _, name, browser, browser_version, os, os_version } = &device;
        let bounds = [(name, 24), (browser, 24), (browser_version, 8), (os, 16), (os_version, 8)];
        for (text, longest) in bounds {
            let Some(text) = text else { continue };
            assert!(!text.is_empty() && text.len() <= longest, "{text:?} of {agent:?}");
            assert_eq!(text::displayable(text, longest).as_ref(), Some(text), "{agent:?}");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        assert!(device.is_same_device(&device.clone()));
        device
    }

    #[test]
    fn a_hostile_agent_is_bounded_and_hides_no_text() {
        let browser = |agent: &str| assert_displayable(agent).browser;
        assert_eq!(browser("My\0App\r\nSet-Cookie: a=b/1").as_deref(), Some("MyApp"));
        assert_eq!(browser("\u{202e}moc\u{200b}.elpmaxe/1").as_deref(), Some("moc.elpmaxe"));
        assert_eq!(browser(&"a".repeat(10_240)), Some("a".repeat(24)));
        assert_eq!(browser(&format!("{}/1", "é".repeat(20))), Some("é".repeat(12)));
        assert_eq!(browser(&format!("a{}/1", "é".repeat(20))), Some(format!("a{}", "é".repeat(11))));
        assert_displayable(&format!("MyApp/{}", "9".repeat(10_240)));
        assert_displayable(&format!("Mozilla/5.0 (iPhone; iOS {})", "9".repeat(300)));
        assert_displayable(&format!("MyApp/1 CFNetwork/1 Darwin/{}", u32::MAX));
        assert_displayable(&"(".repeat(10_240));
        assert_displayable(&"Mozilla/5.0 (".repeat(1_000));
    }

    #[test]
    fn an_agent_is_cut_between_two_characters() {
        for lead in 508..=512 {
            let agent = format!("MyApp/1 {}🦀🦀", "x".repeat(lead - 8));
            assert_eq!(assert_displayable(&agent).browser.as_deref(), Some("MyApp"));
        }
        let late = format!("MyApp/1 {} Googlebot/2.1", "x".repeat(504));
        assert_eq!(Device::parse(Some(&late)).kind, DeviceType::Unknown);
    }

    proptest! {
        #[test]
        fn no_text_panics(agent in any::<String>()) {
            assert_displayable(&agent);
        }

        #[test]
        fn no_mixture_of_real_agents_panics(
            pieces in prop::collection::vec((0..agents_test::AGENTS.len(), 0..200usize, "\\PC{0,3}"), 1..6)
        ) {
            let agent: String = pieces
                .iter()
                .map(|(index, cut, noise)| {
                    let real = agents_test::AGENTS[*index].6;
                    format!("{}{noise}", &real[real.floor_char_boundary(*cut)..])
                })
                .collect();
            assert_displayable(&agent);
        }
    }
}
