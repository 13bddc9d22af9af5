//! Claims that settings name: which one is it, and does it have an accepted value?

use serde_json::{Map, Value};

/// The claims of an assertion.
pub type Claims = Map<String, Value>;

/// The name of a claim. Dots lead to a nested claim: `app_metadata.roles` is `roles` in `app_metadata`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimName(String);

/// A claim that an assertion must have, with the accepted values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredClaim {
    /// The claim.
    pub name: ClaimName,
    accepted: Vec<Value>,
}

impl ClaimName {
    /// Parses a name. `None` if it is empty, or if a part between dots is empty, because no claim can have that name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_complete = text.split('.').all(|part| !part.is_empty());
        is_complete.then(|| Self(text.to_owned()))
    }

    /// The name as in the settings.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of the claim.
    pub fn find<'c>(&self, claims: &'c Claims) -> Option<&'c Value> {
        find(claims, &self.0)
    }
}

/// A claim may have dots in its own name, such as `https://example.com/roles`. The longest name counts first.
fn find<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    let nested = |(dot, _): (usize, &str)| find(claims.get(&name[..dot])?.as_object()?, &name[dot + 1..]);
    claims.get(name).or_else(|| name.rmatch_indices('.').find_map(nested))
}

impl RequiredClaim {
    /// Parses a member of `require`: a text, a whole number or a truth value, or a list of these, of which one suffices.
    /// `None` for any other value, and for an empty list, which no claim could satisfy.
    pub fn parse(name: &str, value: Value) -> Option<Self> {
        let is_comparable = |value: &Value| value.is_string() || value.is_boolean() || value.is_i64();
        let accepted = match value {
            Value::Array(list) => list,
            one => vec![one],
        };
        let is_valid = !accepted.is_empty() && accepted.iter().all(is_comparable);
        Some(Self { name: ClaimName::parse(name)?, accepted }).filter(|_| is_valid)
    }

    /// Whether the claim has an accepted value. A claim that is a list must contain one.
    pub fn is_met(&self, claims: &Claims) -> bool {
        match self.name.find(claims) {
            Some(Value::Array(list)) => list.iter().any(|value| self.accepted.contains(value)),
            Some(value) => self.accepted.contains(value),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_dotted_name_leads_to_a_nested_claim() {
        let claims = claims(json!({
            "roles": "top", "app_metadata": {"roles": "nested", "a.b": {"c": "dotted"}, "list": [{"roles": 1}]},
            "https://example.com/roles": "url", "https://example.com/app": {"roles": "in url"}, "a": {"b": 1}, "a.b": 2,
        }));
        for (name, expected) in [
            ("roles", json!("top")),
            ("app_metadata.roles", json!("nested")),
            ("app_metadata.a.b.c", json!("dotted")),
            ("https://example.com/roles", json!("url")),
            ("https://example.com/app.roles", json!("in url")),
            ("a.b", json!(2)),
        ] {
            assert_eq!(ClaimName::parse(name).unwrap().find(&claims), Some(&expected), "{name}");
        }
        for missing in
            ["role", "roles.x", "app_metadata.role", "app_metadata.list.roles", "app_metadata.list.0"]
        {
            assert_eq!(ClaimName::parse(missing).unwrap().find(&claims), None, "{missing}");
        }
        for wrong in ["", ".", "a.", ".a", "a..b"] {
            assert_eq!(ClaimName::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_required_claim_has_one_of_the_accepted_values() {
        let is_met = |accepted: Value, claim: Value| {
            RequiredClaim::parse("c", accepted).unwrap().is_met(&claims(json!({"c": claim})))
        };
        for (accepted, claim) in [
            (json!(false), json!(false)),
            (json!("aal2"), json!("aal2")),
            (json!(7), json!(7)),
            (json!(["a", "b"]), json!("b")),
            (json!("b"), json!(["a", "b"])),
        ] {
            assert!(is_met(accepted.clone(), claim.clone()), "{accepted} {claim}");
        }
        for (accepted, claim) in [
            (json!(false), json!(true)),
            (json!(false), json!("false")),
            (json!(false), json!(null)),
            (json!("aal2"), json!("aal1")),
            (json!("aal2"), json!(["aal1"])),
            (json!("aal2"), json!([])),
            (json!("aal2"), json!({"aal2": true})),
        ] {
            assert!(!is_met(accepted.clone(), claim.clone()), "{accepted} {claim}");
        }
        assert!(!RequiredClaim::parse("c", json!(false)).unwrap().is_met(&Claims::new()), "a missing claim");
        for wrong in [json!(null), json!([]), json!({}), json!(1.5), json!([null]), json!(["a", ["b"]])] {
            assert_eq!(RequiredClaim::parse("c", wrong.clone()), None, "{wrong}");
        }
    }
}
