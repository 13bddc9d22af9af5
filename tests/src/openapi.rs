//! Does `openapi.yaml` describe this response? The test devices compare each response of the router with the file.
//!
//! The check covers path and method, status, media type, the documented headers, and every member of the body. It is
//! stricter than a client: clients ignore unknown members, but here an undocumented member is a mistake.

mod schema;

use std::sync::OnceLock;

use http::HeaderMap;
use serde_json::Value;

pub use schema::{fault_of, strict};

const FILE: &str = include_str!("../../openapi.yaml");

/// The prefix of the paths of the file, except of those with a server of their own.
pub const BASE: &str = "/api/auth";

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The parsed file.
#[derive(Debug)]
pub struct Spec {
    document: Value,
}

/// An operation of the file.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'s> {
    /// The path, with its parameters in braces.
    pub path: &'s str,
    /// The method in capital letters.
    pub method: &'s str,
    /// The `operationId`.
    pub id: &'s str,
    /// The prefix of the path.
    base: &'s str,
    value: &'s Value,
}

impl Operation<'_> {
    /// The path below the host.
    pub fn full_path(&self) -> String {
        format!("{}{}", self.base, self.path)
    }
}

impl Spec {
    /// The file of this repository, parsed once in a process.
    ///
    /// # Panics
    /// If the file is not YAML.
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
    /// If an operation has no id.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = vec![];
        for (path, item) in self.document["paths"].as_object().expect("the file has paths") {
            let base = item["servers"][0]["url"].as_str().unwrap_or(BASE).trim_end_matches('/');
            for method in METHODS {
                let Some(value) = item.get(method.to_ascii_lowercase()) else { continue };
                let id = value["operationId"].as_str().expect("an operation has an id");
                operations.push(Operation { path, method, id, base, value });
            }
        }
        operations
    }

    /// The operations of a request path. The list is empty if the file has no such path.
    pub fn methods_at(&self, request_path: &str) -> Vec<Operation<'_>> {
        let path = request_path.split('?').next().unwrap_or_default();
        let all = self.operations();
        // A literal path takes precedence over a path with a parameter.
        let exact: Vec<_> = all.iter().copied().filter(|operation| operation.full_path() == path).collect();
        if exact.is_empty() {
            all.into_iter().filter(|operation| fits(&operation.full_path(), path)).collect()
        } else {
            exact
        }
    }

    /// Compares a response with the file, and returns its operation if the request was one.
    ///
    /// # Errors
    /// Describes the first difference.
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
            // The check of the CloudFront secret returns 403 before any route.
            let unknown = matches!(status, 403 | 404);
            return if unknown { Ok(None) } else { Err(format!("{path} is {status} and in no path")) };
        }
        let wanted = if method == "HEAD" { "GET" } else { method };
        let Some(operation) = known.iter().copied().find(|operation| operation.method == wanted) else {
            return match status {
                405 => self.check_allow(&known, headers),
                // The layer in front of all routes refuses the request.
                403 => Ok(None),
                // A preflight request, which the description of the API covers.
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

    /// The target of a reference, or the value itself if it is not one.
    ///
    /// # Panics
    /// If the reference has no target.
    pub fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        let Some(reference) = value["$ref"].as_str() else { return value };
        let pointer = reference.strip_prefix('#').expect("references stay in the file");
        self.document.pointer(pointer).unwrap_or_else(|| panic!("{reference} points to nothing"))
    }
}

impl<'s> Operation<'s> {
    /// The links of its responses, with their names.
    pub fn links(&self) -> impl Iterator<Item = (&'s str, &'s Value)> + use<'s> {
        let responses = self.value["responses"].as_object().into_iter().flatten();
        let responses = responses.map(|(_, response)| Spec::get().resolved(response));
        let links = responses.flat_map(|response| response["links"].as_object().into_iter().flatten());
        links.map(|(name, link)| (name.as_str(), link))
    }

    /// The schema of its body, if it accepts JSON.
    pub fn json_body(&self) -> Option<&'s Value> {
        self.value.pointer("/requestBody/content/application~1json/schema")
    }

    /// Its parameters in the query.
    pub fn query_parameters(&self) -> impl Iterator<Item = &'s Value> + use<'s> {
        let parameters = self.value["parameters"].as_array().into_iter().flatten();
        parameters
            .map(|parameter| Spec::get().resolved(parameter))
            .filter(|parameter| parameter["in"] == "query")
    }

    /// The documented statuses.
    ///
    /// # Panics
    /// If a status is not a number.
    pub fn statuses(&self) -> impl Iterator<Item = u16> + use<'s> {
        let responses = self.value["responses"].as_object().expect("an operation has responses");
        responses.keys().map(|status| status.parse().expect("a status is a number"))
    }
}

/// Whether a request path matches a path of the file, with parameters.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let part =
        |(wanted, given): (&&str, &&str)| wanted == given || (wanted.starts_with('{') && !given.is_empty());
    template.len() == path.len() && template.iter().zip(&path).all(part)
}
