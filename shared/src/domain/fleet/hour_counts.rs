//! Which numbers does the overview show for an hour?

use crate::domain::severity::Severity;

/// The limits whose refusals count as refused sign-ins.
const SIGN_IN_LIMITS: [&str; 2] = ["login", "password_reset"];

/// The counts of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourCounts {
    /// Sessions that were opened.
    pub sign_ins: u64,
    /// Events of severity high or critical.
    pub alerts: u64,
    /// Sign-ins that were refused after a genuine assertion, and refusals by a limit of sign-ins.
    pub refused_sign_ins: u64,
}

impl HourCounts {
    /// The sum of two counts.
    pub fn plus(self, other: Self) -> Self {
        Self {
            sign_ins: self.sign_ins + other.sign_ins,
            alerts: self.alerts + other.alerts,
            refused_sign_ins: self.refused_sign_ins + other.refused_sign_ins,
        }
    }

    /// Counts one event; `policy` is the limit that the event names.
    pub fn count(&mut self, event_type: &str, severity: Severity, policy: Option<&str>) {
        let by_limit = policy.is_some_and(|policy| SIGN_IN_LIMITS.contains(&policy));
        self.sign_ins += u64::from(event_type == "login");
        self.alerts += u64::from(severity >= Severity::High);
        let refused = match event_type {
            "sign_in_refused" => true,
            "blocked" | "rate_limited" => by_limit,
            _ => false,
        };
        self.refused_sign_ins += u64::from(refused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_counts_by_its_type_severity_and_limit() {
        let count = |event_type, severity, policy| {
            let mut counts = HourCounts::default();
            counts.count(event_type, severity, policy);
            (counts.sign_ins, counts.alerts, counts.refused_sign_ins)
        };
        assert_eq!(count("login", Severity::Info, None), (1, 0, 0));
        assert_eq!(count("token_reused", Severity::Critical, None), (0, 1, 0));
        assert_eq!(count("impossible_travel", Severity::High, None), (0, 1, 0));
        assert_eq!(count("new_country", Severity::Medium, None), (0, 0, 0));
        assert_eq!(count("sign_in_refused", Severity::Low, None), (0, 0, 1));
        for policy in ["login", "password_reset"] {
            assert_eq!(count("blocked", Severity::Medium, Some(policy)), (0, 0, 1), "{policy}");
            assert_eq!(count("rate_limited", Severity::Low, Some(policy)), (0, 0, 1), "{policy}");
        }
        assert_eq!(count("blocked", Severity::Medium, Some("refresh")), (0, 0, 0));
        assert_eq!(count("blocked", Severity::Medium, None), (0, 0, 0));
        let counts = HourCounts { sign_ins: 1, alerts: 2, refused_sign_ins: 3 };
        assert_eq!(counts.plus(counts), HourCounts { sign_ins: 2, alerts: 4, refused_sign_ins: 6 });
        assert_eq!(count("logout", Severity::Info, Some("login")), (0, 0, 0));
    }
}
