//! What browsers tell beside the agent: client hints (`Sec-CH-UA-*`).
//!
//! They fill in what the agent has frozen: the system's version and a phone's model. They never change
//! browser or system: Chromium sends the detailed ones only after it was asked to, and a device must not
//! look like another one because a hint is missing.

use super::Device;
use super::text::{major, shown};

/// The hints of a request, as they were sent: structured fields of one string each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'h> {
    /// `Sec-CH-UA-Platform-Version`.
    pub platform_version: Option<&'h str>,
    /// `Sec-CH-UA-Model`.
    pub model: Option<&'h str>,
}

impl Device {
    /// The device with what the hints add.
    pub fn with_hints(mut self, hints: Hints<'_>) -> Self {
        if let Some(version) = hints.platform_version.and_then(string).and_then(major) {
            self.os_version = match self.os.as_deref() {
                Some("Windows") => windows(version),
                Some("macOS" | "Android" | "ChromeOS") => shown(version, 8),
                _ => self.os_version,
            };
        }
        if let Some(model) = hints.model.and_then(string).and_then(|model| shown(model, 24)) {
            self.name = Some(model);
        }
        self
    }
}

/// Windows 11 says 13 and more here, Windows 10 says 1 to 10, older ones 0.
fn windows(version: &str) -> Option<String> {
    match version.parse::<u32>().ok()? {
        0 => None,
        1..13 => Some("10".into()),
        _ => Some("11".into()),
    }
}

/// The text of a structured-field string; one with escapes is no version and no model.
fn string(field: &str) -> Option<&str> {
    let text = field.trim().strip_prefix('"')?.strip_suffix('"')?;
    (!text.is_empty() && !text.contains(['"', '\\'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

    fn hinted(agent: &str, platform_version: &str, model: &str) -> Device {
        let hints = Hints { platform_version: Some(platform_version), model: Some(model) };
        Device::parse(Some(agent)).with_hints(hints)
    }

    #[test]
    fn hints_tell_what_agents_have_frozen() {
        let version = |text| hinted(WINDOWS, text, "\"\"").os_version;
        assert_eq!(version("\"15.0.0\"").as_deref(), Some("11"));
        assert_eq!(version("\"10.0.0\"").as_deref(), Some("10"));
        assert_eq!(version("\"0.3.0\""), None);
        let phone = hinted(ANDROID, "\"16.0.0\"", "\"Pixel 10\"");
        assert_eq!((phone.os_version.as_deref(), phone.name.as_deref()), (Some("16"), Some("Pixel 10")));
    }

    #[test]
    fn a_hint_never_makes_another_device_and_nonsense_changes_nothing() {
        let plain = Device::parse(Some(ANDROID));
        assert!(hinted(ANDROID, "\"16\"", "\"Pixel 10\"").is_same_device(&plain));
        for nonsense in ["", "16", "\"", "\"a\\\"b\"", "\"\u{202e}\"", "\"x.y\""] {
            assert_eq!(hinted(ANDROID, nonsense, nonsense).os_version, plain.os_version, "{nonsense}");
        }
        assert!(hinted(ANDROID, "\"16\"", &format!("\"{}\"", "x".repeat(500))).name.unwrap().len() <= 24);
    }
}
