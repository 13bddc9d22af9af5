//! `template.yaml` agrees with the code about tables, settings, routes, roles, alerts and metrics.
//!
//! Each check runs twice: against the template as it is, and against one with a single change, which it must find.

mod alarms;
mod alerts;
mod binaries;
mod capacity;
mod deployment;
pub(crate) mod document;
mod front_door;
mod pages;
mod policy;
mod recorder;
mod roles;
mod routes;
mod safety;
mod settings;
mod stack;
mod tables;
mod usage_story;
mod web_acl;

use document::template;
use serde_json::Value;

/// The template with one value replaced, or removed by null.
fn changed(pointer: &str, value: Value) -> Value {
    let mut template = template();
    let (parent, member) = pointer.rsplit_once('/').expect("a JSON pointer");
    let parent = template.pointer_mut(parent).unwrap_or_else(|| panic!("the template has no {parent}"));
    match parent {
        Value::Object(members) if value.is_null() => drop(members.remove(member).expect("it is there")),
        Value::Object(members) => drop(members.insert(member.to_owned(), value)),
        Value::Array(list) if member == "-" => list.push(value),
        Value::Array(list) => list[member.parse::<usize>().expect("an index")] = value,
        other => panic!("{other} has no members"),
    }
    template
}
