//! Is this deployment as it must be? One line a check: what is wrong, and how to mend it.
//!
//! ```text
//! ok     settings: 28 are valid
//! wrong  table latchkey-sessions: TTL is off; aws dynamodb update-time-to-live --table-name latchkey-sessions ..
//! ```
//!
//! It only reads: settings from whoever knows them, tables by their descriptions, the clock by the `Date` of
//! DynamoDB's answers.

mod clock;
mod settings;
mod tables;

use std::fmt;

use aws_sdk_dynamodb::config::Credentials;
use latchkey::clock::{Clock as _, SystemClock};
use latchkey::store::connect;

use clock::DateSeen;

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// How it is.
    pub verdict: Verdict,
}

/// How something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it must be.
    Good(String),
    /// Not looked at, and why.
    Skipped(String),
    /// Not as it must be.
    Wrong {
        /// What is the matter.
        what: String,
        /// What to do about it.
        mend: String,
    },
}

impl Finding {
    fn good(subject: impl Into<String>, how: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict: Verdict::Good(how.into()) }
    }

    fn wrong(subject: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict: Verdict::Wrong { what: what.into(), mend: mend.into() } }
    }

    /// Whether somebody has to do something.
    pub fn is_wrong(&self) -> bool {
        matches!(self.verdict, Verdict::Wrong { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Good(how) => write!(out, "ok     {}: {how}", self.subject),
            Verdict::Skipped(why) => write!(out, "-      {}: not checked: {why}", self.subject),
            Verdict::Wrong { what, mend } => write!(out, "wrong  {}: {what}; {mend}", self.subject),
        }
    }
}

/// Looks at the settings that `lookup` knows and at the tables that they name: at `endpoint`, or at AWS in
/// `AWS_REGION`.
pub async fn examine(lookup: impl Fn(&str) -> Option<String>, endpoint: Option<&str>) -> Vec<Finding> {
    let given = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    let (mut findings, names) = settings::examine(&given);
    let region = given("AWS_REGION").or_else(|| endpoint.map(|_| "us-east-1".to_owned()));
    let Some(region) = region else {
        let mend = "set it to the deployment's Region, or give --endpoint";
        findings.push(Finding::wrong("AWS_REGION", "is not set", mend));
        return findings;
    };
    let Some(credentials) = credentials(&given, endpoint) else {
        let mend = "set it and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN): `aws configure export-credentials --format env` prints them";
        findings.push(Finding::wrong("AWS_ACCESS_KEY_ID", "is not set", mend));
        return findings;
    };
    let date = DateSeen::default();
    let http = date.watch(connect::https_client(connect::amazon_roots()));
    let client = connect::client(http, &region, endpoint, credentials);
    if let Some(names) = names {
        findings.extend(tables::examine(&client, &names, endpoint).await);
    }
    findings.extend(date.held_against(SystemClock.now()));
    findings
}

/// Those that are given; at an endpoint of one's own any pair will do.
fn credentials(given: &impl Fn(&str) -> Option<String>, endpoint: Option<&str>) -> Option<Credentials> {
    match (given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => {
            Some(Credentials::new(id, secret, given("AWS_SESSION_TOKEN"), None, "environment"))
        }
        _ => endpoint.map(|_| Credentials::new("local", "local", None, None, "local")),
    }
}
