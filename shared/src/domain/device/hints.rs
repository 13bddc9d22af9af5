//! Client hints: the headers `Sec-CH-UA-*`, which complete the agent.
//!
//! They supply parts that the agent has frozen: the version of the operating system, and the model of a phone. They
//! never change the browser or the operating system, because Chromium sends the detailed hints only on request, and a
//! request without them must not look like another device.

use super::Device;
use super::text::{displayable, major_version};

/// The hints of a request as they were sent: each is a structured field with one string.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'h> {
    /// `Sec-CH-UA-Platform-Version`.
    pub platform_version: Option<&'h str>,
    /// `Sec-CH-UA-Model`.
    pub model: Option<&'h str>,
}

impl Device {
    /// Adds the hints to the device.
    pub fn with_hints(mut self, hints: Hints<'_>) -> Self {
        if let Some(version) = hints.platform_version.and_then(string).and_then(major_version) {
            self.os_version = match self.os.as_deref() {
                Some("Windows") => windows(version),
                Some("macOS" | "Android" | "ChromeOS") => displayable(version, 8),
                _ => self.os_version,
            };
        }
        if let Some(model) = hints.model.and_then(string).and_then(|model| displayable(model, 24)) {
            self.name = Some(model);
        }
        self
    }
}

/// The hint is 13 or more on Windows 11, 1 to 10 on Windows 10, and 0 on older ones.
fn windows(version: &str) -> Option<String> {
    match version.parse::<u32>().ok()? {
        0 => None,
        1..13 => Some("10".into()),
        _ => Some("11".into()),
    }
}

/// The text of a structured-field string. No version and no model has escapes, so that a string with escapes is ignored.
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
    fn hints_supply_the_parts_that_agents_have_frozen() {
        let version = |text| hinted(WINDOWS, text, "\"\"").os_version;
        assert_eq!(version("\"15.0.0\"").as_deref(), Some("11"));
        assert_eq!(version("\"10.0.0\"").as_deref(), Some("10"));
        assert_eq!(version("\"0.3.0\""), None);
        assert_eq!((version("\"12\"").as_deref(), version("\"13\"").as_deref()), (Some("10"), Some("11")));
        let phone = hinted(ANDROID, "\"16.0.0\"", "\"Pixel 10\"");
        assert_eq!((phone.os_version.as_deref(), phone.name.as_deref()), (Some("16"), Some("Pixel 10")));
    }

    #[test]
    fn hints_never_change_the_device_and_invalid_ones_are_ignored() {
        let plain = Device::parse(Some(ANDROID));
        assert!(hinted(ANDROID, "\"16\"", "\"Pixel 10\"").is_same_device(&plain));
        for invalid in ["", "16", "\"", "\"a\\\"b\"", "\"\u{202e}\"", "\"x.y\""] {
            assert_eq!(hinted(ANDROID, invalid, invalid).os_version, plain.os_version, "{invalid}");
        }
        for invalid in ["", "Pixel", "\"", "\"\"", "\"a\\\\b\"", "\"a\\\"b\""] {
            assert_eq!(hinted(ANDROID, "\"16\"", invalid).name, plain.name, "{invalid}");
        }
        assert!(hinted(ANDROID, "\"16\"", &format!("\"{}\"", "x".repeat(500))).name.unwrap().len() <= 24);
    }
}
