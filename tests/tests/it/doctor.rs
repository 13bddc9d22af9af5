//! `latchkey-local doctor`: each thing that can be wrong is one line with its mend, and the exit code says so.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::IntoResponse as _;
use http::StatusCode;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use latchkey::config::Tables;
use latchkey::store::{connect, schema};
use latchkey::token::keys::generate_key_set;
use latchkey_local::engine::{Engine, TcpServer};
use latchkey_local::issuer::Issuer;
use latchkey_tests::binary::built;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

/// Tables in memory, reached by a URL, and the environment of a good deployment.
struct Patient {
    engine: Engine,
    server: TcpServer,
    environment: BTreeMap<String, String>,
}

impl Patient {
    /// One without a table.
    async fn bare() -> Self {
        let engine = Engine::memory().expect("SQLite starts");
        let server = engine.serve_tcp().await.expect("loopback has a free port");
        let issuer = Issuer::generate().expect("it has a key");
        let environment = [
            ("LATCHKEY_KEYS", generate_key_set()),
            ("LATCHKEY_ISSUER", "https://app.example.com/api/auth".to_owned()),
            ("LATCHKEY_AUDIENCE", "https://app.example.com".to_owned()),
            ("LATCHKEY_TRUSTED_ISSUERS", issuer.trusted_issuers("https://app.example.com")),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        Self { engine, server, environment }
    }

    /// One in good health.
    async fn healthy() -> Self {
        let patient = Self::bare().await;
        schema::create_tables(&patient.dynamodb(), &names()).await.expect("they can be made");
        patient
    }

    fn dynamodb(&self) -> Client {
        let credentials = Credentials::new("local", "local", None, None, "tests");
        connect::client(self.engine.client(), "us-east-1", Some("http://127.0.0.1:8000"), credentials)
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    async fn delete(&self, table: &str) {
        self.dynamodb().delete_table().table_name(table).send().await.expect("it is there");
    }

    /// Makes a table as no code of ours does.
    async fn create(&self, table: Value) {
        let name = table["TableName"].as_str().expect("a name");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let mut request =
            self.dynamodb().create_table().table_name(name).billing_mode("PAY_PER_REQUEST".into());
        for (key, kind) in table["Keys"].as_array().expect("keys").iter().zip(["HASH", "RANGE"]) {
            use aws_sdk_dynamodb::types::{AttributeDefinition, KeySchemaElement};
            let element = KeySchemaElement::builder().attribute_name(text(key)).key_type(kind.into());
            let definition =
                AttributeDefinition::builder().attribute_name(text(key)).attribute_type("S".into());
            request = request.key_schema(element.build().expect("complete"));
            request = request.attribute_definitions(definition.build().expect("complete"));
        }
        request.send().await.expect("it can be made");
        self.ttl(name, true, "ttl").await;
    }

    async fn ttl(&self, table: &str, enabled: bool, attribute: &str) {
        let ttl = TimeToLiveSpecification::builder().enabled(enabled).attribute_name(attribute);
        let request = self.dynamodb().update_time_to_live().table_name(table);
        request
            .time_to_live_specification(ttl.build().expect("complete"))
            .send()
            .await
            .expect("it is changed");
    }

    async fn examined(&self) -> Report {
        Report::of(&["doctor", "--endpoint", &self.server.endpoint()], &self.environment).await
    }
}

fn names() -> Tables {
    Tables {
        sessions: "latchkey-sessions".to_owned(),
        rate_limits: "latchkey-rate-limits".to_owned(),
        security_events: "latchkey-security-events".to_owned(),
    }
}

/// What the doctor said.
struct Report {
    is_well: bool,
    lines: Vec<String>,
}

impl Report {
    async fn of(arguments: &[&str], environment: &BTreeMap<String, String>) -> Self {
        let mut command = Command::new(built("latchkey-local"));
        command.args(arguments).env_clear().envs(environment).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(Duration::from_secs(20), command.output()).await;
        let Output { status, stdout, stderr } = output.expect("it ends").expect("it can be started");
        let (stdout, stderr) =
            (String::from_utf8(stdout).expect("text"), String::from_utf8(stderr).expect("text"));
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert_eq!(status.code(), Some(i32::from(!status.success())), "{stderr}");
        Self { is_well: status.success(), lines: stdout.lines().map(str::to_owned).collect() }
    }

    fn wrong(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line.strip_prefix("wrong  ")).collect()
    }

    /// Exactly one thing is wrong, and its line begins so and names that mend.
    fn assert_only(&self, what: &str, mend: &str) {
        assert!(!self.is_well);
        let [line] = self.wrong()[..] else { panic!("{:#?}", self.lines) };
        assert!(line.starts_with(what), "{line}");
        let (_, advice) = line.split_once("; ").unwrap_or_else(|| panic!("{line} tells no mend"));
        assert!(advice.contains(mend), "{line}");
    }
}

#[tokio::test]
async fn a_deployment_in_good_health_gets_only_good_lines() {
    let report = Patient::healthy().await.examined().await;
    assert!(report.is_well, "{:#?}", report.lines);
    assert_eq!(
        report.lines,
        [
            "ok     settings: the 4 that are set are valid",
            "ok     keys: one signs, 1 verify",
            "ok     table latchkey-sessions: keys, index, stream and TTL are right",
            "ok     table latchkey-rate-limits: keys, index, stream and TTL are right",
            "ok     table latchkey-security-events: keys, index, stream and TTL are right",
            "ok     clock: within 5 s of DynamoDB's",
        ]
    );
}

#[tokio::test]
async fn tables_alone_can_be_examined() {
    let mut patient = Patient::healthy().await;
    patient.environment.clear();
    let report = patient.examined().await;
    assert!(report.is_well, "{:#?}", report.lines);
    assert_eq!(report.lines[0], "-      settings: not checked: none of the required ones is set here");
}

#[tokio::test]
async fn missing_tables_are_named_one_by_one() {
    let report = Patient::bare().await.examined().await;
    assert_eq!(report.wrong().len(), 3, "{:#?}", report.lines);
    let patient = Patient::healthy().await;
    patient.delete("latchkey-rate-limits").await;
    patient
        .examined()
        .await
        .assert_only("table latchkey-rate-limits: is missing", "table create --endpoint http://");
    let renamed = patient.set("TABLE_RATE_LIMITS", "limits-of-another-name").examined().await;
    renamed.assert_only("table limits-of-another-name: is missing", "TABLE_");
}

#[tokio::test]
async fn a_table_that_somebody_made_by_hand_is_told_apart() {
    let patient = Patient::healthy().await;
    patient.delete("latchkey-sessions").await;
    patient.create(json!({"TableName": "latchkey-sessions", "Keys": ["pk", "sk"]})).await;
    let report = patient.examined().await;
    report.assert_only("table latchkey-sessions: has no index expiry", "add it on eb (text), keys only");
    patient.delete("latchkey-sessions").await;
    patient.create(json!({"TableName": "latchkey-sessions", "Keys": ["user", "session"]})).await;
    let report = patient.examined().await;
    let wrong = report.wrong();
    assert!(
        wrong[0].starts_with("table latchkey-sessions: its keys are user, session, not pk, sk"),
        "{wrong:#?}"
    );

    let patient = Patient::healthy().await;
    patient.delete("latchkey-security-events").await;
    patient.create(json!({"TableName": "latchkey-security-events", "Keys": ["pk", "event_id"]})).await;
    let report = patient.examined().await;
    report.assert_only("table latchkey-security-events: has no stream", "StreamViewType=NEW_IMAGE");
}

#[tokio::test]
async fn ttl_that_is_off_or_elsewhere_is_noticed() {
    let patient = Patient::healthy().await;
    patient.ttl("latchkey-sessions", false, "ttl").await;
    let report = patient.examined().await;
    report.assert_only("table latchkey-sessions: its TTL is off", "Enabled=true,AttributeName=ttl");
    patient.ttl("latchkey-sessions", true, "expires").await;
    let report = patient.examined().await;
    report.assert_only("table latchkey-sessions: its TTL is on expires, not on ttl", "AttributeName=ttl");
}

/// Credentials that may look at tables, and not at their TTL: a healthy table must not be called sick.
#[tokio::test]
async fn ttl_that_may_not_be_looked_at_is_not_said_to_be_off() {
    let patient = Patient::healthy().await;
    let tables = patient.server.endpoint();
    let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Body>();
    let routes = Router::new().fallback(move |mut request: Request| async move {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        if target.is_some_and(|target| target.ends_with(".DescribeTimeToLive")) {
            let refused =
                json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
            return (StatusCode::BAD_REQUEST, refused.to_string()).into_response();
        }
        *request.uri_mut() = tables.parse().expect("an endpoint");
        client.request(request).await.expect("the tables answer").into_response()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let report = Report::of(&["doctor", "--endpoint", &endpoint], &patient.environment).await;
    server.abort();
    let wrong = report.wrong();
    assert_eq!(wrong.len(), 3, "{wrong:#?}");
    for line in wrong {
        assert!(line.contains("its TTL cannot be looked at; use credentials"), "{line}");
    }
}

#[tokio::test]
async fn a_key_set_without_an_active_key_is_noticed() {
    let patient = Patient::healthy().await;
    let mut set: Value = serde_json::from_str(&patient.environment["LATCHKEY_KEYS"]).expect("JSON");
    for key in set["keys"].as_array_mut().expect("keys") {
        key.as_object_mut().expect("a key").remove("d");
    }
    let report = patient.set("LATCHKEY_KEYS", &set.to_string()).examined().await;
    report.assert_only("keys: needs a private EC, RSA or OKP key", "first in the set");
    let without = Patient::healthy().await.set("LATCHKEY_KEYS", r#"{"keys":[]}"#).examined().await;
    without.assert_only("LATCHKEY_KEYS: needs an oct key", "latchkey-local keygen");
}

#[tokio::test]
async fn every_bad_setting_has_its_line_and_none_repeats_a_value() {
    let bad = [
        ("LATCHKEY_KEYS", "a-secret-and-no-key-set"),
        ("LATCHKEY_ISSUER", "http://app.example.com/api/auth"),
        ("LATCHKEY_TRUSTED_ISSUERS", "[]"),
        ("REFRESH_GRACE", "eleven-minutes"),
        ("LIMIT_LOGIN", "often-enough"),
        ("AUTHORIZER_MODE", "strictly"),
        ("EXPIRY_SHARDS", "4711"),
    ];
    let patient =
        bad.iter().fold(Patient::healthy().await, |patient, (name, value)| patient.set(name, value));
    let report = patient.examined().await;
    assert!(!report.is_well);
    assert_eq!(report.wrong().len(), bad.len(), "{:#?}", report.lines);
    for (name, value) in bad {
        let line = report.wrong().into_iter().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {:#?}", report.lines));
        assert!(line.contains("; ") && (value == "[]" || !line.contains(value)), "{line}");
    }
    let contrary = Patient::healthy().await.set("REFRESH_TOKEN_TTL", "30m").examined().await;
    contrary.assert_only("ACCESS_TOKEN_TTL: must not be longer than REFRESH_TOKEN_TTL", "duration");
    let missing = Patient::healthy().await.set("LATCHKEY_AUDIENCE", "").examined().await;
    missing.assert_only("LATCHKEY_AUDIENCE: is not set", "docs/settings.md");
}

/// An endpoint whose answers were given an hour from now.
#[tokio::test]
async fn a_clock_that_is_off_is_noticed() {
    let ahead = std::time::SystemTime::now() + Duration::from_secs(3_600);
    let date = aws_smithy_types::DateTime::from(ahead);
    let date = date.fmt(aws_smithy_types::date_time::Format::HttpDate).expect("a date");
    let refused =
        json!({"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "none"});
    let answer = (StatusCode::BAD_REQUEST, [("date", date)], refused.to_string());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let routes = Router::new().fallback(|| async move { answer });
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let report = Report::of(&["doctor", "--endpoint", &endpoint], &BTreeMap::new()).await;
    server.abort();
    let wrong = report.wrong();
    let clock = wrong.iter().find(|line| line.starts_with("clock: ")).unwrap_or_else(|| panic!("{wrong:#?}"));
    assert!(clock.contains("s behind DynamoDB's; set it by NTP"), "{clock}");
}

#[tokio::test]
async fn what_cannot_be_reached_or_is_not_said_is_one_line() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let endpoint = format!("http://{}", closed.expect("loopback has a free port"));
    let report = Report::of(&["doctor", "--endpoint", &endpoint], &BTreeMap::new()).await;
    report.assert_only("DynamoDB: cannot be reached", "--endpoint");
    Report::of(&["doctor"], &BTreeMap::new()).await.assert_only("AWS_REGION: is not set", "--endpoint");
    let region = BTreeMap::from([("AWS_REGION".to_owned(), "eu-central-1".to_owned())]);
    Report::of(&["doctor"], &region).await.assert_only("AWS_ACCESS_KEY_ID: is not set", "export-credentials");
}
