//! The findings in a session's row: the newest three, encoded short enough for the row.

use crate::domain::place::cut;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

use super::{Finding, Rule};

/// Findings that a row keeps.
const KEPT: usize = 3;

/// The longest value of a finding that a row keeps, in bytes.
const FACT_MAX_BYTES: usize = 14;

/// A finding as a row holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFinding {
    /// The rule that matched.
    pub rule: Rule,
    /// Its severity.
    pub severity: Severity,
    /// When it matched.
    pub at: Timestamp,
    /// The value before, if the rule compares two values.
    pub from: Option<String>,
    /// The value then.
    pub to: Option<String>,
}

impl StoredFinding {
    /// The stored form of a finding. A finding of severity info is only in the audit trail.
    pub fn of(finding: &Finding, at: Timestamp) -> Option<Self> {
        let fact = |names: &[&str]| {
            let text = names.iter().find_map(|name| finding.detail[*name].as_str())?;
            let text: String = text.chars().map(|c| if SPECIAL.contains(&c) { ' ' } else { c }).collect();
            Some(cut(&text, FACT_MAX_BYTES).to_owned()).filter(|text| !text.is_empty())
        };
        (finding.severity > Severity::Info).then(|| Self {
            rule: finding.rule,
            severity: finding.severity,
            at,
            from: fact(&["from"]),
            to: fact(&["to", "device", "country"]),
        })
    }
}

const SPECIAL: [char; 3] = ['\n', '\t', ':'];

/// The newest of `older` and `newer`, newest first.
pub fn merge_recent(newer: Vec<StoredFinding>, older: &[StoredFinding]) -> Vec<StoredFinding> {
    newer.into_iter().chain(older.iter().cloned()).take(KEPT).collect()
}

/// Encodes findings as one text for the row.
pub fn encode_findings(stored: &[StoredFinding]) -> String {
    let line = |stored: &StoredFinding| {
        let fact = |text: &Option<String>| text.clone().unwrap_or_default();
        let (rule, severity) = (stored.rule as u8, stored.severity as u8);
        format!("{rule}{severity}{}:{}\t{}", stored.at.seconds(), fact(&stored.from), fact(&stored.to))
    };
    stored.iter().take(KEPT).map(line).collect::<Vec<_>>().join("\n")
}

/// Decodes what [`encode_findings`] wrote. An entry of a newer version is left out.
pub fn decode_findings(text: &str) -> Vec<StoredFinding> {
    text.lines().filter_map(decode_line).collect()
}

fn decode_line(line: &str) -> Option<StoredFinding> {
    let (head, facts) = line.split_once(':')?;
    let (from, to) = facts.split_once('\t')?;
    let digit =
        |index: usize| -> Option<usize> { Some(head.as_bytes().get(index)?.checked_sub(b'0')?.into()) };
    let rule = digit(0).and_then(|index| Rule::ALL.get(index).copied())?;
    let severity = digit(1).and_then(|index| Severity::ALL.get(index).copied())?;
    let fact = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let at = Timestamp::from_seconds(head.get(2..)?.parse().ok()?);
    Some(StoredFinding { rule, severity, at, from: fact(from), to: fact(to) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn findings_survive_their_row() {
        let finding = |rule, detail| Finding { rule, severity: Severity::High, ends: false, detail };
        let at = Timestamp::from_seconds(1_732_442_400);
        let stored: Vec<_> = [
            finding(Rule::ImpossibleTravel, json!({"from": "DE", "to": "US", "km": 6385})),
            finding(Rule::NewDevice, json!({"device": "Samsung Internet:on\tAndroid"})),
        ]
        .iter()
        .filter_map(|finding| StoredFinding::of(finding, at))
        .collect();
        assert_eq!(decode_findings(&encode_findings(&stored)), stored);
        assert_eq!(stored[1].to.as_deref(), Some("Samsung Intern"));
    }

    #[test]
    fn a_row_keeps_the_newest_three_within_its_budget() {
        let detail = json!({"from": "x".repeat(40), "to": "y".repeat(40)});
        let finding = Finding { rule: Rule::CountryChanged, severity: Severity::Medium, ends: false, detail };
        let at = |second: i64| {
            StoredFinding::of(&finding, Timestamp::from_seconds(99_999_999_990 + second)).unwrap()
        };
        let kept = merge_recent(vec![at(4)], &[at(3), at(2), at(1)]);
        assert_eq!(kept.iter().map(|stored| stored.at.seconds() % 10).collect::<Vec<_>>(), [4, 3, 2]);
        assert!(encode_findings(&kept).len() <= 135, "{}", encode_findings(&kept).len());
    }

    #[test]
    fn a_row_keeps_only_findings_above_info() {
        let stored = |severity| {
            let detail = json!({"country": "PT", "from": ""});
            StoredFinding::of(
                &Finding { rule: Rule::NewCountry, severity, ends: false, detail },
                Timestamp::from_seconds(7),
            )
        };
        assert_eq!(stored(Severity::Info), None);
        let low = stored(Severity::Low).unwrap();
        assert_eq!((low.from.as_deref(), low.to.as_deref()), (None, Some("PT")));
        assert_eq!(encode_findings(&[low]), "117:\tPT");
    }

    /// Rows hold these numbers.
    #[test]
    fn the_number_of_a_rule_does_not_change() {
        let numbered = [
            Rule::NewDevice,
            Rule::NewCountry,
            Rule::IpChanged,
            Rule::CountryChanged,
            Rule::ImpossibleTravel,
            Rule::DeviceChanged,
        ];
        assert!(Rule::ALL.starts_with(&numbered));
        for (number, rule) in (0..).zip(Rule::ALL) {
            assert_eq!(*rule as u8, number, "{rule:?}");
        }
        assert!(Rule::ALL.len() <= 10, "a row holds the number as one digit");
    }

    #[test]
    fn entries_of_an_unknown_form_are_left_out() {
        assert_eq!(decode_findings("\n9:x\n99123:a\tb\n01:\n0\u{e4}1:\t"), []);
    }
}
