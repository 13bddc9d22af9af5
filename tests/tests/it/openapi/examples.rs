//! Every example of the file fits its schema.

use latchkey::http::problem::Code;
use latchkey_tests::openapi::{Spec, fault_of, strict};
use serde_json::Value;

/// Collects each example with its schema.
fn visit(value: &Value, at: &str, found: &mut Vec<(String, Value, Value)>) {
    if let (Some(schema), Some(examples)) = (value.get("schema"), value["examples"].as_object()) {
        for (name, example) in examples {
            found.push((format!("{at} {name}"), schema.clone(), example["value"].clone()));
        }
    }
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| visit(member, &format!("{at}/{name}"), found));
        }
        Value::Array(values) => values.iter().for_each(|member| visit(member, at, found)),
        _ => {}
    }
}

#[test]
fn every_example_fits_its_schema() {
    let (spec, mut found) = (Spec::get(), vec![]);
    visit(spec.document(), "", &mut found);
    assert!(found.len() > 20, "{} examples", found.len());
    for (at, schema, example) in found {
        assert_eq!(fault_of(&strict(spec, &schema), &example), None, "{at}");
    }
}

#[test]
fn no_example_looks_like_a_real_token() {
    let text = Spec::get().document().to_string();
    let real = text.match_indices("eyJ").any(|(at, _)| !text[at + 3..].starts_with("..."));
    assert!(!real, "a token in the file");
}

/// A reader compares the example with a response, so both have the same title.
#[test]
fn every_example_of_a_problem_has_the_title_and_status_of_its_code() {
    let mut found = vec![];
    visit(Spec::get().document(), "", &mut found);
    let problems = found.iter().filter(|(.., example)| !example["title"].is_null());
    let mut count = 0;
    for (at, _, problem) in problems {
        let code = Code::ALL.iter().find(|code| problem["code"] == code.name());
        let code = code.unwrap_or_else(|| panic!("{at}: unknown code"));
        assert_eq!(problem["title"], code.title(), "{at}");
        assert_eq!(problem["status"], code.status().as_u16(), "{at}");
        count += 1;
    }
    assert!(count >= 4, "{count} problems");
}
