//! The texts of the page, in English and German. The files in `shared/texts` have them.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike as _, Utc};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::event::StoredEvent;
use crate::domain::time::Timestamp;
use crate::http::language::preferred;

/// The languages of the page. The first one is for clients that want none of them.
const LANGUAGES: [&str; 2] = ["en", "de"];

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| {
    let texts = include_str!("../../../texts/sign-in-review.en.json");
    Texts::parse("en", texts, include_str!("../../../texts/countries.en.json"))
});

static GERMAN: LazyLock<Texts> = LazyLock::new(|| {
    let texts = include_str!("../../../texts/sign-in-review.de.json");
    Texts::parse("de", texts, include_str!("../../../texts/countries.de.json"))
});

/// The texts in one language.
pub(super) struct Texts {
    /// The language's tag.
    pub(super) language: &'static str,
    words: Words,
    countries: HashMap<String, String>,
}

/// The members of a text file. Words in braces are replaced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) intro: String,
    pub(super) device: String,
    pub(super) place: String,
    pub(super) time: String,
    pub(super) unknown: String,
    pub(super) estimates: String,
    pub(super) was_me: String,
    pub(super) was_not_me: String,
    pub(super) effects: String,
    pub(super) reported: String,
    pub(super) open_pages: String,
    pub(super) password: String,
    pub(super) change_password: String,
    pub(super) other_devices: String,
    pub(super) confirmed: String,
    pub(super) nothing_changed: String,
    pub(super) still_possible: String,
    pub(super) invalid: String,
    pub(super) incomplete: String,
    pub(super) expired: String,
    pub(super) lifetime: String,
    pub(super) limited: String,
    pub(super) try_after: String,
    pub(super) unavailable: String,
    pub(super) try_again: String,
    unknown_device: String,
    software: String,
    city_in_country: String,
    moment: String,
    months: [String; 12],
}

impl Texts {
    /// The texts in the language that the client prefers.
    pub(super) fn preferred(headers: &HeaderMap) -> &'static Self {
        if preferred(headers, &LANGUAGES) == "de" { &GERMAN } else { &ENGLISH }
    }

    fn parse(language: &'static str, words: &str, countries: &str) -> Self {
        let words = serde_json::from_str(words).expect("a test reads the texts");
        let countries = serde_json::from_str(countries).expect("a test reads the names of the countries");
        Self { language, words, countries }
    }

    /// The single texts.
    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// The device of a sign-in, for example `Chrome on Windows`.
    pub(super) fn device_of(&self, sign_in: &StoredEvent) -> String {
        let Some(label) = text(&sign_in.details, "device") else { return self.words.unknown_device.clone() };
        match label.rsplit_once(" on ") {
            Some((browser, system)) => {
                filled(&self.words.software, &[("browser", browser), ("system", system)])
            }
            None if label == "Unknown device" => self.words.unknown_device.clone(),
            None => label.to_owned(),
        }
    }

    /// The place of a sign-in, for example `Berlin, Germany`.
    pub(super) fn place_of(&self, sign_in: &StoredEvent) -> Option<String> {
        let country = text(&sign_in.details, "country");
        let country = country.map(|code| self.countries.get(code).map_or(code, String::as_str));
        match (text(&sign_in.details, "city"), country) {
            (Some(city), Some(country)) => {
                Some(filled(&self.words.city_in_country, &[("city", city), ("country", country)]))
            }
            (city, country) => city.or(country).map(str::to_owned),
        }
    }

    /// A moment, for example `1 December 2026, 20:22 UTC`. A page without script does not know the time zone of its reader.
    pub(super) fn moment(&self, moment: Timestamp) -> String {
        let Some(date) = DateTime::<Utc>::from_timestamp(moment.seconds(), 0) else {
            return moment.to_rfc3339();
        };
        let month = &self.words.months[date.month0() as usize % 12];
        let (day, year, time) =
            (date.day().to_string(), date.year().to_string(), date.format("%H:%M").to_string());
        filled(&self.words.moment, &[("day", &day), ("month", month), ("year", &year), ("time", &time)])
    }
}

/// The text with its words in braces replaced. A value in braces is not replaced again.
pub(super) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(values.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

fn text<'d>(details: &'d Value, name: &str) -> Option<&'d str> {
    details[name].as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::domain::severity::Severity;

    fn sign_in(details: Value) -> StoredEvent {
        StoredEvent {
            id: Uuid::from_bytes([1; 16]),
            event_type: "new_device".to_owned(),
            severity: Severity::Low,
            session: None,
            created_at: Timestamp::from_seconds(0),
            details,
        }
    }

    #[test]
    fn both_languages_have_all_texts_with_the_same_values() {
        let values = |text: &str| {
            let value: Value = serde_json::from_str(text).unwrap();
            let members = value.as_object().unwrap().clone();
            let braces = |text: &Value| {
                let names = text.as_str().unwrap_or_default().split('{').skip(1);
                let mut names: Vec<String> =
                    names.map(|rest| rest.split('}').next().unwrap().to_owned()).collect();
                names.sort_unstable();
                names
            };
            members.iter().map(|(name, text)| (name.clone(), braces(text))).collect::<Vec<_>>()
        };
        let english = values(include_str!("../../../texts/sign-in-review.en.json"));
        assert_eq!(english, values(include_str!("../../../texts/sign-in-review.de.json")));
        assert_eq!((ENGLISH.countries.len(), GERMAN.countries.len()), (250, 250));
        assert!(ENGLISH.countries.keys().all(|code| GERMAN.countries.contains_key(code)));
        assert_ne!(ENGLISH.words().title, GERMAN.words().title);
    }

    #[test]
    fn a_sign_in_is_described_in_the_language_of_the_page() {
        let berlin = sign_in(json!({"device": "Chrome on Windows", "city": "Berlin", "country": "DE"}));
        assert_eq!(ENGLISH.device_of(&berlin), "Chrome on Windows");
        assert_eq!(GERMAN.device_of(&berlin), "Chrome auf Windows");
        assert_eq!(ENGLISH.place_of(&berlin).as_deref(), Some("Berlin, Germany"));
        assert_eq!(GERMAN.place_of(&berlin).as_deref(), Some("Berlin, Deutschland"));
        let nothing = sign_in(json!({"device": "Unknown device"}));
        assert_eq!(
            (GERMAN.device_of(&nothing).as_str(), GERMAN.place_of(&nothing)),
            ("Unbekanntes Gerät", None)
        );
        assert_eq!(GERMAN.device_of(&sign_in(json!(null))), "Unbekanntes Gerät");
        let odd = sign_in(json!({"device": "curl", "country": "XK", "city": ""}));
        assert_eq!(
            (ENGLISH.device_of(&odd).as_str(), ENGLISH.place_of(&odd).as_deref()),
            ("curl", Some("Kosovo"))
        );
        assert_eq!(ENGLISH.place_of(&sign_in(json!({"country": "QQ"}))).as_deref(), Some("QQ"));
    }

    #[test]
    fn a_moment_is_written_in_full_with_its_time_zone() {
        let moment = Timestamp::from_seconds(1_732_442_400);
        assert_eq!(ENGLISH.moment(moment), "24 November 2024, 10:00 UTC");
        assert_eq!(GERMAN.moment(moment), "24. November 2024, 10:00 UTC");
        assert!(!ENGLISH.moment(Timestamp::from_seconds(i64::MAX)).is_empty());
    }

    #[test]
    fn a_value_in_braces_is_not_filled_again() {
        assert_eq!(filled("{a} and {b}", &[("a", "{b}"), ("b", "two")]), "{b} and two");
        assert_eq!(filled("{a", &[("a", "one")]), "one");
        assert_eq!(filled("no {c}.", &[]), "no .");
    }
}
