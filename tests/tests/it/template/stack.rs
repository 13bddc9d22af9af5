//! The template with its parameters filled in: the resources that CloudFormation would create.
//!
//! A resource is identified by its logical name: `!Ref SessionsTable` is `SessionsTable`, its ARN `SessionsTable.Arn`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The URL of the API in a stack without a domain.
pub(crate) const API: &str = "https://api.example.com";

/// A template and values for its parameters.
#[derive(Clone)]
pub(crate) struct Stack {
    template: Value,
    parameters: BTreeMap<String, Value>,
    /// The members of the secret that holds the keys.
    secret: BTreeMap<String, String>,
}

impl Stack {
    /// `template` with these parameters. The others have their defaults.
    pub(crate) fn of(template: &Value, parameters: &[(&str, &str)]) -> Self {
        let mut stack =
            Self { template: template.clone(), parameters: BTreeMap::new(), secret: BTreeMap::new() };
        for (name, parameter) in members(&template["Parameters"]) {
            let given = parameters.iter().find(|(own, _)| own == name).map(|(_, value)| json!(value));
            let value = given.unwrap_or_else(|| parameter.get("Default").cloned().unwrap_or(json!("given")));
            let value = match value.as_str() {
                Some(text) if parameter["Type"] == "CommaDelimitedList" => {
                    json!(text.split(',').filter(|entry| !entry.is_empty()).collect::<Vec<_>>())
                }
                _ => value,
            };
            stack.parameters.insert(name.clone(), value);
        }
        stack
    }

    /// Adds a member to the secret that holds the keys.
    pub(crate) fn secret(mut self, member: &str, text: &str) -> Self {
        self.secret.insert(member.to_owned(), text.to_owned());
        self
    }

    /// A resource as the stack creates it; null when its condition does not hold.
    pub(crate) fn resource(&self, name: &str) -> Value {
        let resource = &self.template["Resources"][name];
        match resource["Condition"].as_str() {
            Some(condition) if !self.holds(condition) => Value::Null,
            _ => self.evaluated(resource).unwrap_or_default(),
        }
    }

    /// The defaults of every function.
    pub(crate) fn globals(&self) -> Value {
        self.evaluated(&self.template["Globals"]).unwrap_or_default()
    }

    /// The names of the resources of a type that the stack creates.
    pub(crate) fn named(&self, kind: &str) -> Vec<String> {
        let all = members(&self.template["Resources"]).map(|(name, _)| name.clone());
        all.filter(|name| self.resource(name)["Type"] == kind).collect()
    }

    /// The environment variables that the template sets for a function.
    pub(crate) fn environment(&self, function: &str) -> BTreeMap<String, String> {
        let variables = self.resource(function)["Properties"]["Environment"]["Variables"].clone();
        let variables = members(&variables).map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), self.deployed(&self.revealed(text)))
        });
        variables.collect()
    }

    /// Replaces the names of queues and topics by what `!Ref` gives in a deployment: URLs and ARNs.
    fn deployed(&self, text: &str) -> String {
        let parts = text.split(',').map(|part| match self.template["Resources"][part]["Type"].as_str() {
            Some("AWS::SQS::Queue") => format!("https://sqs.eu-central-1.amazonaws.com/123456789012/{part}"),
            Some("AWS::SNS::Topic") => format!("arn:aws:sns:eu-central-1:123456789012:{part}"),
            _ => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join(",")
    }

    /// Replaces a dynamic reference by the secret's member.
    fn revealed(&self, text: String) -> String {
        let Some(reference) = text.strip_prefix("{{resolve:secretsmanager:") else { return text };
        let mut parts = reference.trim_end_matches("}}").rsplit(':');
        let (version, _stage, member) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        assert_eq!(version, Some("given"), "a new version of the secret must change {reference}");
        // A reference without a member stands for the whole secret, whose ARN is in the tests the name of its text.
        let member = if member.is_empty() { parts.nth(1).unwrap_or_default() } else { member };
        self.secret.get(member).cloned().unwrap_or_else(|| panic!("the secret has no member {member}"))
    }

    fn holds(&self, condition: &str) -> bool {
        self.evaluated(&self.template["Conditions"][condition]) == Some(json!(true))
    }

    /// Evaluates the intrinsic functions of a value. Returns none for `AWS::NoValue`.
    fn evaluated(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(list) => Some(list.iter().filter_map(|entry| self.evaluated(entry)).collect()),
            Value::Object(object) => match object.iter().next() {
                Some((name, argument)) if object.len() == 1 => self.called(name, argument),
                _ => Some(self.object(object)),
            },
            _ => Some(value.clone()),
        }
    }

    fn object(&self, object: &Map<String, Value>) -> Value {
        let members = object.iter().filter_map(|(name, value)| Some((name.clone(), self.evaluated(value)?)));
        Value::Object(members.collect())
    }

    fn called(&self, name: &str, argument: &Value) -> Option<Value> {
        let list = || -> Vec<Value> {
            let given = argument.as_array().expect("a list of arguments");
            given.iter().map(|entry| self.evaluated(entry).unwrap_or_default()).collect()
        };
        let truths = || list().into_iter().map(|value| value == json!(true)).collect::<Vec<_>>();
        Some(match name {
            "Ref" => self.referred(argument.as_str().expect("a name"))?,
            "Condition" => json!(self.holds(argument.as_str().expect("a name"))),
            "Fn::GetAtt" => json!(self.attribute(&list())),
            "Fn::Sub" => json!(self.substituted(argument.as_str().expect("a text"))),
            "Fn::If" => {
                let holds = self.holds(argument[0].as_str().expect("a condition's name"));
                return self.evaluated(&argument[if holds { 1 } else { 2 }]);
            }
            "Fn::Equals" => json!(list()[0] == list()[1]),
            "Fn::Not" => json!(!truths()[0]),
            "Fn::And" => json!(truths().into_iter().all(|is| is)),
            "Fn::Or" => json!(truths().into_iter().any(|is| is)),
            "Fn::Join" => {
                let parts = list()[1].as_array().expect("what is joined").clone();
                let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                json!(parts.join(argument[0].as_str().expect("a separator")))
            }
            other => {
                assert!(!other.starts_with("Fn::"), "{other} is not implemented here");
                self.object(&Map::from_iter([(other.to_owned(), argument.clone())]))
            }
        })
    }

    fn referred(&self, name: &str) -> Option<Value> {
        match name {
            "AWS::NoValue" => None,
            _ => Some(self.parameters.get(name).cloned().unwrap_or_else(|| json!(name))),
        }
    }

    fn attribute(&self, path: &[Value]) -> String {
        match (path[0].as_str(), path[1].as_str()) {
            (Some("HttpApi"), Some("ApiEndpoint")) => API.to_owned(),
            (Some(resource), Some(attribute)) => format!("{resource}.{attribute}"),
            _ => panic!("no attribute: {path:?}"),
        }
    }

    fn substituted(&self, text: &str) -> String {
        let mut parts = text.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a placeholder ends");
            let value = match name.split_once('.') {
                Some((resource, attribute)) => json!(self.attribute(&[json!(resource), json!(attribute)])),
                None => self.referred(name).unwrap_or_default(),
            };
            whole += &value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            whole += rest;
        }
        whole
    }
}

/// The members of an object; none of anything else.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
