//! Checks that a value matches a schema of the file and has no additional members.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::Spec;

/// A schema with its references resolved, which forbids all members that it does not name.
pub fn strict(spec: &Spec, schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut own: Map<String, Value> = Map::new();
            if members.contains_key("$ref")
                && let Value::Object(target) = strict(spec, spec.resolved(schema))
            {
                own.extend(target);
            }
            for (name, value) in members.iter().filter(|(name, _)| *name != "$ref") {
                own.insert(name.clone(), strict(spec, value));
            }
            let names_members =
                own.get("properties").is_some_and(Value::is_object) && own.contains_key("type");
            if names_members && !own.contains_key("additionalProperties") {
                own.insert("additionalProperties".into(), false.into());
            }
            Value::Object(own)
        }
        Value::Array(values) => values.iter().map(|value| strict(spec, value)).collect(),
        other => other.clone(),
    }
}

/// The first error of a value, if it does not fit the schema.
///
/// # Panics
/// If the schema is not valid.
pub fn fault_of(schema: &Value, value: &Value) -> Option<String> {
    static COMPILED: OnceLock<Mutex<HashMap<String, &'static Validator>>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(Mutex::default);
    let key = schema.to_string();
    let known = compiled.lock().expect("no check panics").get(&key).copied();
    let validator = known.unwrap_or_else(|| {
        let validator = jsonschema::options().should_validate_formats(true).build(schema);
        let validator: &'static Validator =
            Box::leak(Box::new(validator.expect("a schema of JSON Schema 2020-12")));
        compiled.lock().expect("no check panics").insert(key, validator);
        validator
    });
    let fault = validator.iter_errors(value).next()?;
    Some(format!("{} at {:?} in {value}", fault, fault.instance_path().to_string()))
}
