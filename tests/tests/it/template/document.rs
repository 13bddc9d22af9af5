//! Reads the template as CloudFormation does: YAML whose short tags are expanded (`!Ref X` is `{"Ref": "X"}`).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use serde_saphyr::Tagged;

/// The template of this repository.
pub(crate) fn template() -> Value {
    parsed(include_str!("../../../../template.yaml"))
}

/// The template of the web ACL.
pub(crate) fn web_acl() -> Value {
    parsed(include_str!("../../../../web-acl.yaml"))
}

/// The template of the role with which GitHub Actions deploys.
pub(crate) fn deploy_role() -> Value {
    parsed(include_str!("../../../../deploy-role.yaml"))
}

fn parsed(text: &str) -> Value {
    let Node(template) = serde_saphyr::from_str(text).expect("it is YAML");
    template
}

/// A value whose own tag is expanded.
struct Node(Value);

/// A value whose own tag is still unread.
struct Inner(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Inner(value), tag) = Tagged::deserialize(deserializer)?;
        Ok(Self(match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
            None => value,
            Some(name @ ("Ref" | "Condition")) => json!({name: value}),
            Some("GetAtt") => {
                let path = value.as_str().and_then(|path| path.split_once('.'));
                let (resource, attribute) = path.ok_or_else(|| D::Error::custom("!GetAtt without a dot"))?;
                json!({"Fn::GetAtt": [resource, attribute]})
            }
            Some(name) => json!({format!("Fn::{name}"): value}),
        }))
    }
}

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything).map(Self)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = vec![];
        while let Some(Node(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Node(value))) = map.next_entry::<String, Node>()? {
            members.insert(name, value);
        }
        Ok(members.into())
    }
}

#[test]
fn short_tags_are_expanded_at_any_depth() {
    let text =
        "a: !If [IsOn, !GetAtt Table.Arn, [!Ref X, 1, true]]\nb: !Sub \"${X}\"\nc: !Condition IsOn\nd: \"1\"";
    let Node(value) = serde_saphyr::from_str(text).expect("it is YAML");
    let expected = json!({
        "a": {"Fn::If": ["IsOn", {"Fn::GetAtt": ["Table", "Arn"]}, [{"Ref": "X"}, 1, true]]},
        "b": {"Fn::Sub": "${X}"},
        "c": {"Condition": "IsOn"},
        "d": "1",
    });
    assert_eq!(value, expected);
}
