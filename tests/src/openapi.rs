//! Is this answer one that `openapi.yaml` knows? Every answer that a test gets from the router is held against it.
//!
//! Known are its path and method, its status, its media type, its headers as far as they are documented, and
//! every member of its body: in answers of ours a member that the file does not know is a mistake, though clients
//! must take it.

mod schema;

use std::sync::OnceLock;

use http::HeaderMap;
use serde_json::Value;

pub use schema::{fault_of, strict};

const FILE: &str = include_str!("../../openapi.yaml");

/// Where the paths of the file are.
pub const BASE: &str = "/api/auth";

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The file.
#[derive(Debug)]
pub struct Spec {
    document: Value,
}

/// An operation of the file.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'s> {
    /// Its path as the file has it.
    pub path: &'s str,
    /// Its method in capitals.
    pub method: &'s str,
    /// Its `operationId`.
    pub id: &'s str,
    value: &'s Value,
}

impl Spec {
    /// The file of this repository, read once a process.
    ///
    /// # Panics
    /// When it is no YAML.
    pub fn get() -> &'static Self {
        static SPEC: OnceLock<Spec> = OnceLock::new();
        SPEC.get_or_init(|| Self { document: serde_saphyr::from_str(FILE).expect("openapi.yaml is YAML") })
    }

    /// The whole file.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation.
    ///
    /// # Panics
    /// When an operation has no id.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = vec![];
        for (path, item) in self.document["paths"].as_object().expect("the file has paths") {
            for method in METHODS {
                let Some(value) = item.get(method.to_ascii_lowercase()) else { continue };
                let id = value["operationId"].as_str().expect("an operation has an id");
                operations.push(Operation { path, method, id, value });
            }
        }
        operations
    }

    /// The methods of the path that a request goes to; none when the file does not know it.
    pub fn methods_at(&self, request_path: &str) -> Vec<Operation<'_>> {
        let path = request_path.split('?').next().unwrap_or_default();
        let Some(path) = path.strip_prefix(BASE) else { return vec![] };
        let all = self.operations();
        // A path that is written out counts before one with a parameter.
        let exact: Vec<_> = all.iter().copied().filter(|operation| operation.path == path).collect();
        if exact.is_empty() {
            all.into_iter().filter(|operation| fits(operation.path, path)).collect()
        } else {
            exact
        }
    }

    /// Holds an answer against the file; the operation that gave it, if the request was one.
    ///
    /// # Errors
    /// What the file does not know about it.
    pub fn check(
        &self,
        method: &str,
        path: &str,
        status: u16,
        headers: &HeaderMap,
        body: &Value,
    ) -> Result<Option<Operation<'_>>, String> {
        let known = self.methods_at(path);
        if known.is_empty() {
            // 403 is the front door's, before any route.
            let unknown = matches!(status, 403 | 404);
            return if unknown { Ok(None) } else { Err(format!("{path} is {status} and in no path")) };
        }
        let wanted = if method == "HEAD" { "GET" } else { method };
        let Some(operation) = known.iter().copied().find(|operation| operation.method == wanted) else {
            return match status {
                405 => self.check_allow(&known, headers),
                // The layer in front of all routes.
                403 => Ok(None),
                // A preflight, as the description of the whole has it.
                204 if method == "OPTIONS" => Ok(None),
                _ => Err(format!("{method} {path} is {status} and not documented")),
            };
        };
        let responses = &operation.value["responses"];
        let response = self.resolved(&responses[status.to_string()]);
        if response.is_null() {
            return Err(format!("{}: status {status} is not documented", operation.id));
        }
        self.check_headers(response, headers)
            .map_err(|fault| format!("{} {status}: {fault}", operation.id))?;
        if method != "HEAD" {
            self.check_body(response, headers, body)
                .map_err(|fault| format!("{} {status}: {fault}", operation.id))?;
        }
        Ok(Some(operation))
    }

    fn check_allow(
        &self,
        known: &[Operation<'_>],
        headers: &HeaderMap,
    ) -> Result<Option<Operation<'_>>, String> {
        let allow = headers.get("allow").and_then(|allow| allow.to_str().ok()).unwrap_or_default();
        let mut allowed: Vec<&str> = allow.split(',').map(str::trim).filter(|name| *name != "HEAD").collect();
        let mut documented: Vec<&str> = known.iter().map(|operation| operation.method).collect();
        allowed.sort_unstable();
        documented.sort_unstable();
        if allowed == documented {
            return Ok(None);
        }
        Err(format!("{} allows {allowed:?} and documents {documented:?}", known[0].path))
    }

    fn check_headers(&self, response: &Value, headers: &HeaderMap) -> Result<(), String> {
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = self.resolved(header);
            let mut values = headers.get_all(name.as_str()).iter().peekable();
            if header["required"] == true && values.peek().is_none() {
                return Err(format!("the header {name} is missing"));
            }
            for value in values {
                let text = Value::from(value.to_str().unwrap_or_default());
                if let Some(fault) = fault_of(&strict(self, &header["schema"]), &text) {
                    return Err(format!("the header {name}: {fault}"));
                }
            }
        }
        Ok(())
    }

    fn check_body(&self, response: &Value, headers: &HeaderMap, body: &Value) -> Result<(), String> {
        let media = headers.get("content-type").and_then(|media| media.to_str().ok());
        let Some(media) = media else {
            return if body.is_null() { Ok(()) } else { Err("a body without a type".to_owned()) };
        };
        let media = media.split(';').next().unwrap_or_default();
        let content = &response["content"][media];
        if content.is_null() {
            return Err(format!("the media type {media} is not documented"));
        }
        fault_of(&strict(self, &content["schema"]), body).map_or(Ok(()), Err)
    }

    /// What a reference points to; anything else is itself.
    ///
    /// # Panics
    /// When it points to nothing.
    pub fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        let Some(reference) = value["$ref"].as_str() else { return value };
        let pointer = reference.strip_prefix('#').expect("references stay in the file");
        self.document.pointer(pointer).unwrap_or_else(|| panic!("{reference} points to nothing"))
    }
}

impl<'s> Operation<'s> {
    /// The statuses that it documents.
    ///
    /// # Panics
    /// When one is no number.
    pub fn statuses(&self) -> impl Iterator<Item = u16> + use<'s> {
        let responses = self.value["responses"].as_object().expect("an operation has responses");
        responses.keys().map(|status| status.parse().expect("a status is a number"))
    }
}

/// Whether a path is one of the file's, parameters and all.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let part =
        |(wanted, given): (&&str, &&str)| wanted == given || (wanted.starts_with('{') && !given.is_empty());
    template.len() == path.len() && template.iter().zip(&path).all(part)
}
