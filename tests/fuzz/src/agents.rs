//! User agents and client hints: the parsed names are short and safe to display.

use latchkey::domain::device::{Device, Hints};

/// Any user agent.
pub fn user_agent(bytes: &[u8]) {
    let agent = String::from_utf8_lossy(bytes);
    let device = Device::parse(Some(&agent));
    check(&device);
    let first = &agent[..agent.floor_char_boundary(512)];
    assert_eq!(Device::parse(Some(first)), device, "only the first 512 bytes count");
}

/// User agent, platform version and model, separated by zero bytes: hints add details to a device and never turn it into
/// another device.
pub fn client_hints(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\0');
    let plain = Device::parse(parts.next());
    let hints = Hints { platform_version: parts.next(), model: parts.next() };
    let hinted = plain.clone().with_hints(hints);
    check(&hinted);
    assert!(hinted.is_same_device(&plain) && hinted.kind == plain.kind, "{hinted:?} of {plain:?}");
    assert_eq!(hinted.clone().with_hints(hints), hinted, "the same hints add nothing more");
}

fn check(device: &Device) {
    let Device { kind, name, browser, browser_version, os, os_version } = device;
    for (text, longest) in [(name, 24), (browser, 24), (browser_version, 8), (os, 16), (os_version, 8)] {
        let Some(text) = text else { continue };
        assert!((1..=longest).contains(&text.len()) && text.trim() == text, "{text:?}");
        // Control characters, and characters that reorder or hide text, as in a Trojan Source attack.
        let hides = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        assert!(!text.contains(hides), "{text:?}");
    }
    assert!(device.is_same_device(&device.clone()));
    assert_eq!(kind.as_str().parse(), Ok(*kind));
    assert!((1..=24 + 4 + 16).contains(&device.label().len()));
}
