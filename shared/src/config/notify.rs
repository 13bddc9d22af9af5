//! The settings of the notify function, and of webhooks on a local server. It reads no table and no token, so that its
//! only key is that of sign-in reviews.

use url::Url;

use super::value::ValueError;
use super::vars::Vars;
use super::{ConfigError, Problem, value};
use crate::domain::webhook::address::Reach;
use crate::domain::webhook::endpoint::{WebhookEndpoint, parse_endpoints};
use crate::token::keys::ReviewKeys;

/// The settings of the notify function, validated.
#[derive(Clone, Debug)]
pub struct NotifyConfig {
    /// The receivers of webhooks.
    pub endpoints: Vec<WebhookEndpoint>,
    /// A queue for each receiver, in the same order.
    pub queues: Vec<Url>,
    /// The topic for alerts; `None` if no alert is published.
    pub topic: Option<String>,
    /// The dead letters of the queues: webhooks that can be sent again. Those of events, if there are no receivers.
    pub webhook_dead_letters: Url,
    /// The queue for events that cannot become webhooks.
    pub dead_letters: Url,
    /// The keys of the links with which users answer whether a sign-in was theirs.
    pub review_keys: ReviewKeys,
    /// The issuer, whose URL begins these links.
    pub issuer: String,
    /// Whether debug lines are logged.
    pub debug: bool,
}

impl NotifyConfig {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first setting that is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::parse(|name| std::env::var(name).ok())
    }

    /// Parses settings from any source of variables. It looks up only the variables that it needs.
    ///
    /// # Errors
    /// The first setting that is missing or invalid.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        let endpoints = vars.get("WEBHOOKS", |text| parse_endpoints(text, Reach::Public))?;
        let queues = vars.get("WEBHOOK_QUEUES", queue_urls)?;
        if queues.len() < endpoints.len() {
            let problem = Problem::Contradiction("must have a queue for each entry of WEBHOOKS");
            return Err(ConfigError { name: "WEBHOOK_QUEUES", problem });
        }
        let dead_letters = vars.get("NOTIFY_DEAD_LETTERS", queue_urls)?.into_iter().next();
        let webhook_dead_letters = vars.get("WEBHOOK_DEAD_LETTERS", queue_urls)?.into_iter().next();
        let topic = vars.get("ALERT_TOPIC", topic_arn)?;
        let dead_letters =
            dead_letters.ok_or(ConfigError { name: "NOTIFY_DEAD_LETTERS", problem: Problem::Missing })?;
        if webhook_dead_letters.is_none() && !endpoints.is_empty() {
            return Err(ConfigError { name: "WEBHOOK_DEAD_LETTERS", problem: Problem::Missing });
        }
        Ok(Self {
            endpoints,
            queues,
            topic,
            webhook_dead_letters: webhook_dead_letters.unwrap_or_else(|| dead_letters.clone()),
            dead_letters,
            review_keys: vars.get("SIGN_IN_REVIEW_KEYS", ReviewKeys::parse)?,
            issuer: vars.get("LATCHKEY_ISSUER", value::issuer)?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
        })
    }
}

/// The webhooks of a local server.
#[derive(Clone, Debug)]
pub struct LocalWebhooks {
    /// The receivers.
    pub endpoints: Vec<WebhookEndpoint>,
    /// The addresses that deliveries may connect to.
    pub reach: Reach,
    /// As in [`NotifyConfig`].
    pub review_keys: ReviewKeys,
    /// As in [`NotifyConfig`].
    pub issuer: String,
}

impl LocalWebhooks {
    /// Parses settings from any source of variables.
    ///
    /// # Errors
    /// The first setting that is invalid.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        let allows_loopback = vars.get("WEBHOOKS_ALLOW_LOOPBACK", value::switch)?;
        let reach = if allows_loopback { Reach::PublicOrLoopback } else { Reach::Public };
        Ok(Self {
            endpoints: vars.get("WEBHOOKS", |text| parse_endpoints(text, reach))?,
            reach,
            review_keys: vars.get("SIGN_IN_REVIEW_KEYS", ReviewKeys::parse)?,
            issuer: vars.get("LATCHKEY_ISSUER", value::issuer)?,
        })
    }
}

fn queue_urls(text: &str) -> Result<Vec<Url>, ValueError> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let parse = |entry| Url::parse(entry).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    entries.map(parse).collect::<Option<_>>().ok_or(ValueError::QueueUrls)
}

fn topic_arn(text: &str) -> Result<Option<String>, ValueError> {
    match text {
        "" => Ok(None),
        arn if arn.starts_with("arn:") && arn.contains(":sns:") => Ok(Some(arn.to_owned())),
        _ => Err(ValueError::TopicArn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn vars() -> BTreeMap<&'static str, String> {
        let webhooks =
            format!(r#"[{{"name":"shop","url":"https://hooks.example.com/x","secrets":["{SECRET}"]}}]"#);
        BTreeMap::from([
            ("WEBHOOKS", webhooks),
            ("WEBHOOK_QUEUES", "https://sqs.eu-central-1.amazonaws.com/1/one".to_owned()),
            ("WEBHOOK_DEAD_LETTERS", "https://sqs.eu-central-1.amazonaws.com/1/webhook-letters".to_owned()),
            ("NOTIFY_DEAD_LETTERS", "https://sqs.eu-central-1.amazonaws.com/1/letters".to_owned()),
            ("ALERT_TOPIC", "arn:aws:sns:eu-central-1:1:alerts".to_owned()),
            ("LATCHKEY_ISSUER", "https://auth.example.com/api/auth".to_owned()),
        ])
    }

    fn error_with(name: &'static str, value: &str) -> String {
        let mut vars = vars();
        vars.insert(name, value.to_owned());
        NotifyConfig::parse(|name| vars.get(name).cloned()).unwrap_err().to_string()
    }

    #[test]
    fn the_settings_of_the_function_are_read() {
        let vars = vars();
        let config = NotifyConfig::parse(|name| vars.get(name).cloned()).unwrap();
        assert_eq!((config.endpoints.len(), config.queues.len()), (1, 1));
        assert_eq!(config.topic.as_deref(), Some("arn:aws:sns:eu-central-1:1:alerts"));
        assert!(!format!("{config:?}").contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    }

    #[test]
    fn a_wrong_setting_is_named_without_its_value() {
        for (name, value) in [
            ("WEBHOOKS", r#"[{"name":"x","url":"http://10.0.0.1","secrets":["hunter2"]}]"#),
            ("WEBHOOK_QUEUES", ""),
            ("WEBHOOK_QUEUES", "queue-one"),
            ("WEBHOOK_DEAD_LETTERS", ""),
            ("NOTIFY_DEAD_LETTERS", ""),
            ("ALERT_TOPIC", "alerts"),
        ] {
            let error = error_with(name, value);
            assert!(error.starts_with(name) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_the_local_server_reads_the_switch_for_loopback() {
        let mut vars = vars();
        vars.insert("WEBHOOKS_ALLOW_LOOPBACK", "true".to_owned());
        let webhooks = vars["WEBHOOKS"].replace("https://hooks.example.com/x", "http://127.0.0.1:8080/");
        vars.insert("WEBHOOKS", webhooks);
        assert!(NotifyConfig::parse(|name| vars.get(name).cloned()).is_err());
        let local = LocalWebhooks::parse(|name| vars.get(name).cloned()).unwrap();
        assert_eq!((local.endpoints.len(), local.reach), (1, Reach::PublicOrLoopback));
    }
}
