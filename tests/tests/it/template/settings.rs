//! Does each function get the settings that it reads, and no others?

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use latchkey::config::{
    AuthorizerConfig, CleanupConfig, Config, ConfigError, NotifyConfig, SETTINGS, Setting,
};
use latchkey_local::{environment_size, secret};
use latchkey_verifier::CookieKind;
use serde_json::{Value, json};

use super::document::template;
use super::stack::{Stack, members};
use super::{changed, deployment};
use crate::signing_keys::key_sets;

/// The settings that are the value of a parameter, with the parameter's name.
fn with_parameters(template: &Value) -> BTreeMap<&str, &str> {
    let functions =
        members(&template["Resources"]).filter(|(_, it)| it["Type"] == "AWS::Serverless::Function");
    let variables = functions.flat_map(|(_, it)| members(&it["Properties"]["Environment"]["Variables"]));
    let referred = variables.filter_map(|(name, value)| Some((name.as_str(), value["Ref"].as_str()?)));
    referred.filter(|(_, parameter)| template["Parameters"][parameter].is_object()).collect()
}

/// The faults in the environments of the functions.
pub(crate) fn faults(template: &Value, stack: &Stack, settings: &[Setting]) -> Vec<String> {
    let mut faults = vec![];
    let with_parameters = with_parameters(template);
    for function in stack.named("AWS::Serverless::Function") {
        let environment = stack.environment(&function);
        let read = RefCell::new(BTreeSet::new());
        let lookup = |name: &str| {
            read.borrow_mut().insert(name.to_owned());
            environment.get(name).cloned()
        };
        if let Err(error) = parse(&function, lookup) {
            faults.push(format!("{function}: {error}"));
            continue;
        }
        for name in environment.keys() {
            if !settings.iter().any(|setting| setting.name == name) {
                faults.push(format!("{function}: {name} is not a setting"));
            }
            if !read.borrow().contains(name) {
                faults.push(format!("{function} does not read {name}"));
            }
        }
        for (name, parameter) in &with_parameters {
            if read.borrow().contains(*name) && !environment.contains_key(*name) {
                faults.push(format!("{function} reads {name} and does not get {parameter}"));
            }
        }
        let required = settings.iter().filter(|setting| setting.default.is_none());
        for setting in required.filter(|setting| read.borrow().contains(setting.name)) {
            if !environment.contains_key(setting.name) {
                faults.push(format!("{function}: {} is required", setting.name));
            }
        }
    }
    faults
}

/// Reads the settings as the function does.
fn parse(function: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    match function {
        "AuthorizerFunction" => AuthorizerConfig::parse(lookup).map(drop),
        "CleanupFunction" => CleanupConfig::parse(lookup).map(drop),
        "NotifyFunction" => NotifyConfig::parse(lookup)?.webhooks.map(drop),
        _ => Config::parse(lookup).map(drop),
    }
}

#[tokio::test]
async fn each_function_gets_the_settings_that_it_reads() {
    let server = deployment::local_server().await;
    let of =
        |template: &Value, settings| faults(template, &deployment::stack(template, &server, &[]), settings);
    assert_eq!(of(&template(), SETTINGS), [""; 0]);
    let variable =
        |function: &str, name: &str| format!("/Resources/{function}/Properties/Environment/Variables/{name}");
    for (pointer, value, fault) in [
        (
            variable("RefreshFunction", "LATCHKEY_AUDIENCE"),
            Value::Null,
            "RefreshFunction: LATCHKEY_AUDIENCE: is required and not set",
        ),
        (variable("RefreshFunction", "GRACE"), json!("60s"), "RefreshFunction: GRACE is not a setting"),
        (
            variable("LoginFunction", "EXPIRY_SHARDS"),
            json!(0),
            "LoginFunction: EXPIRY_SHARDS: must be from 1 to 1024",
        ),
        (
            variable("CleanupFunction", "LATCHKEY_ISSUER"),
            json!(""),
            "CleanupFunction does not read LATCHKEY_ISSUER",
        ),
        (
            variable("AuthorizerFunction", "LATCHKEY_TRUSTED_ISSUERS"),
            json!(""),
            "AuthorizerFunction does not read LATCHKEY_TRUSTED_ISSUERS",
        ),
        (
            variable("CleanupFunction", "EVENT_TTL"),
            Value::Null,
            "CleanupFunction reads EVENT_TTL and does not get EventTtl",
        ),
    ] {
        let found = of(&changed(&pointer, value), SETTINGS);
        assert!(found.contains(&fault.to_owned()), "{pointer}: {found:#?}");
    }
    let renamed: Vec<_> =
        SETTINGS.iter().filter(|setting| setting.name != "EXPIRY_SHARDS").copied().collect();
    assert!(of(&template(), &renamed).contains(&"LoginFunction: EXPIRY_SHARDS is not a setting".to_owned()));
}

#[test]
fn a_parameter_has_the_default_of_its_setting() {
    let template = template();
    let with_parameters = with_parameters(&template);
    assert!(with_parameters.len() > 20 && with_parameters["REFRESH_GRACE"] == "RefreshGrace");
    for (name, parameter) in with_parameters {
        let setting = SETTINGS.iter().find(|setting| setting.name == name).expect("a setting");
        let default = template["Parameters"][parameter].get("Default");
        let default = default.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        assert_eq!(default.as_deref(), setting.default, "{parameter}");
    }
}

#[tokio::test]
async fn the_names_and_the_domain_of_cookies_reach_every_function_that_reads_cookies() {
    let server = deployment::local_server().await;
    let own = [
        ("DomainName", "auth.example.com"),
        ("CookieName", "shop"),
        ("CookieDomain", "example.com"),
        ("AllowedOrigins", "https://app.example.com"),
    ];
    let stack = deployment::stack(&template(), &server, &own);
    let mut readers = vec![];
    for function in stack.named("AWS::Serverless::Function") {
        let environment = stack.environment(&function);
        let lookup = |name: &str| environment.get(name).cloned();
        let policy = match function.as_str() {
            "CleanupFunction" | "NotifyFunction" => continue,
            "AuthorizerFunction" => AuthorizerConfig::parse(lookup).expect("valid").cookies,
            _ => Config::parse(lookup).expect("valid").cookies.policy,
        };
        let names = [CookieKind::Access, CookieKind::Refresh].map(|kind| policy.name(kind));
        assert_eq!(names, ["__Secure-shop_access", "__Host-shop_refresh"], "{function}");
        readers.push(function);
    }
    assert_eq!(readers.len(), 5, "{readers:?}");
}

#[tokio::test]
async fn each_function_gets_only_the_keys_that_it_uses() {
    let stack = deployment::stack(&template(), &deployment::local_server().await, &[]);
    for function in stack.named("AWS::Serverless::Function") {
        let keys = stack.environment(&function).remove("LATCHKEY_KEYS").unwrap_or_default();
        let (mints, checks) = (keys.contains("\"d\""), keys.contains("\"oct\""));
        let expected = match function.as_str() {
            "LoginFunction" | "RefreshFunction" => (true, true),
            "SessionsFunction" | "RevokeFunction" => (false, true),
            _ => (false, false),
        };
        assert_eq!((mints, checks), expected, "{function}");
        let is_sealed = stack.resource(&function)["Properties"]["KmsKeyArn"].is_string();
        assert_eq!(is_sealed, checks, "{function}: settings with secrets are encrypted with a key");
    }
}

/// A stack with webhooks, whose secret has this list.
async fn with_webhooks(count: &str, list: &str) -> Stack {
    let parameters =
        [("WebhookCount", count), ("WebhooksSecretArn", "webhooks"), ("WebhooksSecretVersionId", "given")];
    deployment::stack(&template(), &deployment::local_server().await, &parameters).secret("webhooks", list)
}

#[tokio::test]
async fn each_webhook_has_its_queue_and_the_list_is_encrypted_with_a_key() {
    let entry = |name: &str| {
        format!(
            r#"{{"name":"{name}","url":"https://{name}.example.com/","secrets":["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}}"#
        )
    };
    let list = format!("[{},{}]", entry("shop"), entry("crm"));
    let stack = with_webhooks("2", &list).await;
    let environment = stack.environment("NotifyFunction");
    let config = NotifyConfig::parse(|name| environment.get(name).cloned()).expect("valid");
    let names: Vec<_> = config.queues.iter().filter_map(|url| url.path().rsplit('/').next()).collect();
    let webhooks = config.webhooks.expect("valid");
    assert_eq!((names, webhooks.endpoints.len()), (vec!["WebhookQueue", "WebhookQueue2"], 2));
    assert!(config.topic.is_some());
    assert!(stack.resource("NotifyFunction")["Properties"]["KmsKeyArn"].is_string());
    let environment = with_webhooks("1", &list).await.environment("NotifyFunction");
    let config = NotifyConfig::parse(|name| environment.get(name).cloned()).expect("alerts need no webhook");
    assert_eq!(config.webhooks.expect_err("a queue is missing").name, "WEBHOOK_QUEUES");
}

/// RSA keys are long, and the settings of a function share 4 KB. Three issuers are more than most deployments have.
#[tokio::test]
async fn two_rsa_keys_in_a_rotation_fit_into_the_settings_of_a_function() {
    let server = deployment::local_server().await;
    let issuer = r#"{"issuer":"https://login.example.com/","audience":"latchkey","jwks_url":"https://login.example.com/.well-known/jwks.json"}"#;
    let issuers = format!("[{}]", [issuer; 3].join(",").replacen("login.", "idp.", 2));
    let own = [("TrustedIssuers", issuers.as_str()), ("DomainName", "auth.example.com")];
    let stack = deployment::stack(&template(), &server, &own);
    let [mut old, new] = [key_sets::set("RS256"), key_sets::set("RS256")];
    old["keys"][0]["kid"] = json!("rsa-0");
    let both = json!({"keys": [old["keys"][0], old["keys"][1], new["keys"][0], new["keys"][1]]});
    let secret = secret::secret(&both.to_string()).expect("the keys fit");
    let secret: Value = serde_json::from_str(&secret).expect("JSON");
    let with_keys = |member: &str| {
        let mut environment = stack.environment("LoginFunction");
        let keys = secret[member].as_str().expect("text").to_owned();
        environment.insert("LATCHKEY_KEYS".to_owned(), keys);
        environment_size::size(environment.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    };
    assert!(with_keys("signing") <= environment_size::LIMIT, "{}", with_keys("signing"));
    assert!(with_keys("keys") > 4_096, "with all private halves they do not fit: {}", with_keys("keys"));
}

#[test]
fn debug_logs_pass_the_filter_of_lambda() {
    let level = |stack: &Stack, function: &str| {
        stack.resource(function)["Properties"]["LoggingConfig"]["ApplicationLogLevel"].take()
    };
    let (quiet, debug) = (Stack::of(&template(), &[]), Stack::of(&template(), &[("DebugLogs", "true")]));
    for function in quiet.named("AWS::Serverless::Function") {
        assert_eq!(
            (level(&quiet, &function), level(&debug, &function)),
            (json!("INFO"), json!("DEBUG")),
            "{function}"
        );
        let variables = debug.resource(&function)["Properties"]["Environment"]["Variables"].take();
        assert_eq!(variables["SESSION_DEBUG"], "true", "{function}");
    }
}
