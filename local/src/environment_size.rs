//! How much of the 4 KB that Lambda allows for the settings of a function do these settings take?
//!
//! *Source*: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>. A refusal of Lambda quotes the settings
//! as the JSON object that it measured, private keys included, so the size has to be checked before a deployment. In that
//! object each quotation mark of a key set counts twice.

use serde_json::{Map, Value};

/// The size in bytes that settings may take: 4 KB, less a reserve for a longer domain name or table name.
pub const LIMIT: usize = 3_900;

/// The size of settings in bytes, as one JSON object.
pub fn size<'s>(settings: impl IntoIterator<Item = (&'s str, &'s str)>) -> usize {
    let members = settings.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    Value::Object(Map::from_iter(members)).to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_count_twice() {
        assert_eq!(size([]), "{}".len());
        assert_eq!(size([("A", r#"{"b":1}"#), ("C", "d")]), r#"{"A":"{\"b\":1}","C":"d"}"#.len());
    }
}
