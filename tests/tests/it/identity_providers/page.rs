//! The recipe of one provider on docs/identity-providers.md.

use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../../docs/identity-providers.md");

/// The moment at which the page's sample tokens are issued.
const ISSUED_AT: i64 = 1_796_083_200;

/// One provider's section.
pub(crate) struct Recipe {
    /// The value of `LATCHKEY_TRUSTED_ISSUERS`.
    pub(crate) setting: Value,
    /// The claims of the sample token.
    pub(crate) claims: Value,
}

impl Recipe {
    /// Reads the first two JSON blocks of a section.
    pub(crate) fn read(provider: &str) -> Self {
        let start = format!("\n## {provider}\n");
        let section = PAGE.split_once(&start).unwrap_or_else(|| panic!("no section {provider}")).1;
        let section = section.split("\n## ").next().expect("a split has a first part");
        let mut blocks = section.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
        let mut next = || serde_json::from_str(blocks.next().expect("two JSON blocks")).expect("JSON");
        Self { setting: next(), claims: next() }
    }

    /// Where the provider publishes its keys.
    pub(crate) fn jwks_url(&self) -> String {
        self.setting[0]["jwks_url"].as_str().expect("a URL").to_owned()
    }

    /// The claims of the sample token, with its times as far from `now` as they are from its `iat`.
    pub(crate) fn claims_at(&self, now: i64) -> Value {
        assert_eq!(self.claims["iat"], ISSUED_AT);
        let mut claims = self.claims.clone();
        for claim in ["iat", "nbf", "exp", "auth_time"] {
            if let Some(at) = claims[claim].as_i64() {
                claims[claim] = json!(at - ISSUED_AT + now);
            }
        }
        claims.as_object_mut().expect("claims are an object").retain(|_, value| !value.is_null());
        claims
    }

    /// The words of the scope claim that the setting permits.
    pub(crate) fn granted_scope(&self) -> String {
        let entry = &self.setting[0];
        let claim = entry["scope_claim"].as_str().unwrap_or("scope");
        let claimed: Vec<&str> = match &self.claims[claim] {
            Value::String(text) => text.split(' ').collect(),
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        let permitted =
            |word: &&str| entry["scopes"].as_array().is_some_and(|list| list.iter().any(|own| own == word));
        claimed.into_iter().filter(permitted).collect::<Vec<_>>().join(" ")
    }
}

/// The first column of the table of reasons.
pub(crate) fn causes() -> Vec<&'static str> {
    let table = PAGE.split_once("| `cause` begins with").expect("the table of reasons").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)).map(str::trim).collect()
}
