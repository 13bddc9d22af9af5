//! The template and the code say one thing: tables, settings, routes, what each role may do, alerts, metrics.
//!
//! Each question is asked twice: of the template as it is, and of one in which something moved alone.

#[path = "template/alarms.rs"]
mod alarms;
#[path = "template/alerts.rs"]
mod alerts;
#[path = "template/binaries.rs"]
mod binaries;
#[path = "template/deployment.rs"]
mod deployment;
#[path = "template/document.rs"]
mod document;
#[path = "template/front.rs"]
mod front;
#[path = "template/policy.rs"]
mod policy;
#[path = "template/recorder.rs"]
mod recorder;
#[path = "template/roles.rs"]
mod roles;
#[path = "template/routes.rs"]
mod routes;
#[path = "template/safety.rs"]
mod safety;
#[path = "template/settings.rs"]
mod settings;
#[path = "template/stack.rs"]
mod stack;
#[path = "template/story.rs"]
mod story;
#[path = "template/tables.rs"]
mod tables;

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
