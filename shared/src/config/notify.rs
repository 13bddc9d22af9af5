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
#[derive(Debug)]
pub struct NotifyConfig {
    /// The webhooks, or the first of their settings that is missing or invalid. Alerts must not depend on them, because an alert may be
    /// the only trace of an attack, and the list of receivers changes often.
    pub webhooks: Result<NotifyWebhooks, ConfigError>,
    /// The queues of the receivers, also if another setting of webhooks is invalid, so that the messages in them wait as long as they
    /// should.
    pub queues: Vec<Url>,
    /// The topic for alerts; `None` if no alert is published.
    pub topic: Option<String>,
    /// The dead letters of the queues: webhooks that can be sent again. Those of events, if the setting has none.
    pub webhook_dead_letters: Url,
    /// The queue for events that cannot become webhooks.
    pub dead_letters: Url,
    /// Whether debug lines are logged.
    pub debug: bool,
}

/// The settings of webhooks.
#[derive(Debug)]
pub struct NotifyWebhooks {
    /// The receivers. The one at a place has the queue at the same place.
    pub endpoints: Vec<WebhookEndpoint>,
    /// The keys of the links with which users answer whether a sign-in was theirs.
    pub review_keys: ReviewKeys,
    /// The issuer, whose URL begins these links.
    pub issuer: String,
}

impl NotifyConfig {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first setting of alerts that is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::parse(|name| std::env::var(name).ok())
    }

    /// Parses settings from any source of variables. It looks up only the variables that it needs.
    ///
    /// # Errors
    /// The first setting of alerts that is missing or invalid. An error of webhooks is in [`NotifyConfig::webhooks`].
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        let dead_letters = vars.get("NOTIFY_DEAD_LETTERS", queue_urls)?.into_iter().next();
        let dead_letters =
            dead_letters.ok_or(ConfigError { name: "NOTIFY_DEAD_LETTERS", problem: Problem::Missing })?;
        let (queues, webhook_dead_letters) =
            (vars.get("WEBHOOK_QUEUES", queue_urls), vars.get("WEBHOOK_DEAD_LETTERS", queue_urls));
        let letters = webhook_dead_letters.as_ref().ok().and_then(|urls| urls.first());
        Ok(Self {
            topic: vars.get("ALERT_TOPIC", topic_arn)?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
            queues: queues.as_ref().map(Clone::clone).unwrap_or_default(),
            webhook_dead_letters: letters.unwrap_or(&dead_letters).clone(),
            webhooks: NotifyWebhooks::parse(&vars, queues, webhook_dead_letters),
            dead_letters,
        })
    }
}

impl NotifyWebhooks {
    fn parse(
        vars: &Vars<'_>,
        queues: Result<Vec<Url>, ConfigError>,
        dead_letters: Result<Vec<Url>, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let endpoints = vars.get("WEBHOOKS", |text| parse_endpoints(text, Reach::Public))?;
        if queues?.len() < endpoints.len() {
            let problem = Problem::Contradiction("must have a queue for each entry of WEBHOOKS");
            return Err(ConfigError { name: "WEBHOOK_QUEUES", problem });
        }
        if dead_letters?.is_empty() && !endpoints.is_empty() {
            return Err(ConfigError { name: "WEBHOOK_DEAD_LETTERS", problem: Problem::Missing });
        }
        Ok(Self {
            endpoints,
            review_keys: vars.get("SIGN_IN_REVIEW_KEYS", ReviewKeys::parse)?,
            issuer: vars.get("LATCHKEY_ISSUER", value::issuer)?,
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
    /// As in [`NotifyWebhooks`].
    pub review_keys: ReviewKeys,
    /// As in [`NotifyWebhooks`].
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

    fn parse_with(name: &'static str, value: &str) -> Result<NotifyConfig, ConfigError> {
        let mut vars = vars();
        vars.insert(name, value.to_owned());
        NotifyConfig::parse(|name| vars.get(name).cloned())
    }

    #[test]
    fn the_settings_of_the_function_are_read() {
        let vars = vars();
        let config = NotifyConfig::parse(|name| vars.get(name).cloned()).unwrap();
        assert_eq!((config.webhooks.as_ref().unwrap().endpoints.len(), config.queues.len()), (1, 1));
        assert_eq!(config.topic.as_deref(), Some("arn:aws:sns:eu-central-1:1:alerts"));
        assert!(!format!("{config:?}").contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    }

    #[test]
    fn a_wrong_setting_of_webhooks_is_named_and_stops_no_alert() {
        for (name, value, queues) in [
            ("WEBHOOKS", r#"[{"name":"x","url":"http://10.0.0.1","secrets":["hunter2"]}]"#, 1),
            ("WEBHOOK_QUEUES", "", 0),
            ("WEBHOOK_QUEUES", "hunter2", 0),
            ("WEBHOOK_DEAD_LETTERS", "", 1),
            ("WEBHOOK_DEAD_LETTERS", "hunter2", 1),
            ("SIGN_IN_REVIEW_KEYS", "hunter2", 1),
            ("LATCHKEY_ISSUER", "hunter2", 1),
        ] {
            let config = parse_with(name, value).unwrap();
            assert!(config.topic.is_some() && config.queues.len() == queues, "{name}");
            let error = config.webhooks.unwrap_err().to_string();
            assert!(error.starts_with(name) && !error.contains("hunter2"), "{error}");
        }
        let config = parse_with("WEBHOOK_DEAD_LETTERS", "").unwrap();
        assert_eq!(config.webhook_dead_letters, config.dead_letters, "a message must be kept somewhere");
    }

    #[test]
    fn a_wrong_setting_of_alerts_is_an_error_without_its_value() {
        for (name, value) in [
            ("NOTIFY_DEAD_LETTERS", ""),
            ("NOTIFY_DEAD_LETTERS", "hunter2"),
            ("ALERT_TOPIC", "hunter2"),
            ("SESSION_DEBUG", "hunter2"),
        ] {
            let error = parse_with(name, value).unwrap_err().to_string();
            assert!(error.starts_with(name) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_the_local_server_reads_the_switch_for_loopback() {
        let mut vars = vars();
        vars.insert("WEBHOOKS_ALLOW_LOOPBACK", "true".to_owned());
        let webhooks = vars["WEBHOOKS"].replace("https://hooks.example.com/x", "http://127.0.0.1:8080/");
        vars.insert("WEBHOOKS", webhooks);
        assert!(NotifyConfig::parse(|name| vars.get(name).cloned()).unwrap().webhooks.is_err());
        let local = LocalWebhooks::parse(|name| vars.get(name).cloned()).unwrap();
        assert_eq!((local.endpoints.len(), local.reach), (1, Reach::PublicOrLoopback));
    }
}
