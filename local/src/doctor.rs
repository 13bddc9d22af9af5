//! `latchkey-local doctor`: is this deployment configured correctly? One line for each check.
//!
//! ```text
//! ok     settings: The 28 settings that are set are valid.
//! wrong  table latchkey-sessions: TTL is off, so DynamoDB never deletes old rows. Run: aws dynamodb ..
//! ```
//!
//! The doctor only reads. It takes the settings from the environment, describes the tables, and compares the clock
//! with the `Date` header of DynamoDB's responses.

mod clock;
mod settings;
mod tables;

use std::fmt;

use aws_sdk_dynamodb::config::Credentials;
use latchkey::clock::{Clock as _, SystemClock};
use latchkey::store::connect;

use clock::DateHeader;
use tables::Place;

/// The result of one check. All texts are full sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The setting or resource that was checked.
    pub subject: String,
    /// The result.
    pub outcome: Outcome,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The subject is correct.
    Passed(String),
    /// The check could not be made; the text gives the reason.
    Skipped(String),
    /// The subject works, but probably not as intended.
    Warned(String),
    /// The subject is wrong.
    Failed {
        /// The problem.
        problem: String,
        /// The action that solves it.
        action: String,
    },
}

impl Check {
    fn passed(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { subject: subject.into(), outcome: Outcome::Passed(text.into()) }
    }

    fn failed(subject: impl Into<String>, problem: impl Into<String>, action: impl Into<String>) -> Self {
        let outcome = Outcome::Failed { problem: problem.into(), action: action.into() };
        Self { subject: subject.into(), outcome }
    }

    /// Whether the operator has to act.
    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Passed(text) => write!(out, "ok     {}: {text}", self.subject),
            Outcome::Warned(reason) => write!(out, "check  {}: {reason}", self.subject),
            Outcome::Skipped(reason) => write!(out, "-      {}: {reason}", self.subject),
            Outcome::Failed { problem, action } => {
                write!(out, "wrong  {}: {problem} {action}", self.subject)
            }
        }
    }
}

/// Checks the settings that `lookup` returns and the tables that they name, at `endpoint` or at AWS in `AWS_REGION`.
pub async fn examine(lookup: impl Fn(&str) -> Option<String>, endpoint: Option<&str>) -> Vec<Check> {
    let given = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    let (mut checks, names) = settings::examine(&given);
    let region = given("AWS_REGION").or_else(|| endpoint.map(|_| "us-east-1".to_owned()));
    let Some(region) = region else {
        let problem = "This variable is not set, so the tables were not checked.";
        let action = "Set it to the Region of the deployment, or use --endpoint for another DynamoDB.";
        checks.push(Check::failed("AWS_REGION", problem, action));
        return checks;
    };
    let Some(credentials) = credentials(&given, endpoint) else {
        let problem = "This variable is not set, so the tables were not checked.";
        let action = "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN; \
                      `aws configure export-credentials --format env` prints them.";
        checks.push(Check::failed("AWS_ACCESS_KEY_ID", problem, action));
        return checks;
    };
    let date = DateHeader::default();
    let http = date.watch(connect::https_client(connect::amazon_roots()));
    let client = connect::client(http, &region, endpoint, credentials);
    let place = endpoint.map_or(Place::Region(&region), Place::Endpoint);
    if let Some(names) = names {
        checks.extend(tables::examine(&client, &names, place).await);
    }
    checks.extend(date.compared_with(SystemClock.now()));
    checks
}

/// The credentials in the environment. An endpoint other than AWS accepts any pair.
fn credentials(given: &impl Fn(&str) -> Option<String>, endpoint: Option<&str>) -> Option<Credentials> {
    match (given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => {
            Some(Credentials::new(id, secret, given("AWS_SESSION_TOKEN"), None, "environment"))
        }
        _ => endpoint.map(|_| Credentials::new("local", "local", None, None, "local")),
    }
}
