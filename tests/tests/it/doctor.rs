//! `latchkey-local doctor` reports each problem in one line with the action that solves it, and in its exit code.

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
use latchkey_local::server::LocalServer;
use latchkey_tests::binary::built;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

/// The page whose example is the report of a deployment without TTL.
const PAGE: &str = include_str!("../../../docs/doctor.md");

/// Tables in memory that are reached by a URL, and the settings of a correct deployment.
struct Deployment {
    engine: Engine,
    server: TcpServer,
    environment: BTreeMap<String, String>,
}

impl Deployment {
    /// Without tables.
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

    /// With tables.
    async fn healthy() -> Self {
        let deployment = Self::bare().await;
        schema::create_tables(&deployment.dynamodb(), &names()).await.expect("they can be made");
        deployment
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

    /// Creates a table with keys and TTL only.
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

/// The output of the doctor.
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

    /// Exactly one check failed: its line begins with `problem`, and a sentence after it contains `action`.
    fn assert_only(&self, problem: &str, action: &str) {
        assert!(!self.is_well);
        let [line] = self.wrong()[..] else { panic!("{:#?}", self.lines) };
        assert!(line.starts_with(problem), "{line}");
        let (_, advice) = line.split_once(". ").unwrap_or_else(|| panic!("{line} names no action"));
        assert!(advice.contains(action), "{line}");
    }
}

#[tokio::test]
async fn a_correct_deployment_passes_every_check() {
    let report = Deployment::healthy().await.examined().await;
    assert!(report.is_well, "{:#?}", report.lines);
    assert_eq!(
        report.lines,
        [
            "ok     settings: The 4 settings that are set are valid.",
            "ok     keys: 1 key signs access tokens, and the same key verifies them.",
            "ok     table latchkey-sessions: Keys, index, stream and TTL match the schema.",
            "ok     table latchkey-rate-limits: Keys, index, stream and TTL match the schema.",
            "ok     table latchkey-security-events: Keys, index, stream and TTL match the schema.",
            "ok     clock: This machine's clock is within 5 s of DynamoDB's.",
        ]
    );
}

#[tokio::test]
async fn the_tables_can_be_checked_without_settings() {
    let mut deployment = Deployment::healthy().await;
    deployment.environment.clear();
    let report = deployment.examined().await;
    assert!(report.is_well, "{:#?}", report.lines);
    assert_eq!(
        report.lines[0],
        "-      settings: Not checked, because none of the required settings is set here."
    );
}

#[tokio::test]
async fn each_missing_table_fails_its_own_check() {
    let report = Deployment::bare().await.examined().await;
    assert_eq!(report.wrong().len(), 3, "{:#?}", report.lines);
    let deployment = Deployment::healthy().await;
    deployment.delete("latchkey-rate-limits").await;
    deployment.examined().await.assert_only(
        "table latchkey-rate-limits: The table does not exist.",
        "table create --endpoint http://",
    );
    let renamed = deployment.set("TABLE_RATE_LIMITS", "limits-of-another-name").examined().await;
    renamed.assert_only("table limits-of-another-name: The table does not exist.", "TABLE_");
}

#[tokio::test]
async fn a_table_with_other_keys_or_without_index_or_stream_fails() {
    let deployment = Deployment::healthy().await;
    deployment.delete("latchkey-sessions").await;
    deployment.create(json!({"TableName": "latchkey-sessions", "Keys": ["pk", "sk"]})).await;
    let report = deployment.examined().await;
    report.assert_only(
        "table latchkey-sessions: It has no index expiry",
        "Add an index on eb and sk (strings) that projects keys only",
    );
    deployment.delete("latchkey-sessions").await;
    deployment.create(json!({"TableName": "latchkey-sessions", "Keys": ["user", "session"]})).await;
    let report = deployment.examined().await;
    let wrong = report.wrong();
    assert!(
        wrong[0].starts_with("table latchkey-sessions: Its keys are user, session instead of pk, sk."),
        "{wrong:#?}"
    );

    let deployment = Deployment::healthy().await;
    deployment.delete("latchkey-security-events").await;
    deployment.create(json!({"TableName": "latchkey-security-events", "Keys": ["pk", "event_id"]})).await;
    let report = deployment.examined().await;
    let wrong = report.wrong();
    let expected = [
        (
            "table latchkey-security-events: It has no index fleet",
            "Add an index on fp and event_id (strings)",
        ),
        ("table latchkey-security-events: It has no stream", "StreamViewType=NEW_IMAGE"),
    ];
    assert_eq!(wrong.len(), expected.len(), "{wrong:#?}");
    for (line, (problem, action)) in wrong.iter().zip(expected) {
        assert!(line.starts_with(problem) && line.contains(action), "{line}");
    }
}

#[tokio::test]
async fn ttl_that_is_off_or_on_another_attribute_fails() {
    let deployment = Deployment::healthy().await;
    deployment.ttl("latchkey-sessions", false, "ttl").await;
    let report = deployment.examined().await;
    report.assert_only("table latchkey-sessions: Its TTL is off", "Enabled=true,AttributeName=ttl");
    for line in &report.lines {
        assert!(PAGE.lines().any(|shown| shown == line), "docs/doctor.md shows another line than {line}");
    }
    deployment.ttl("latchkey-sessions", true, "expires").await;
    let report = deployment.examined().await;
    report.assert_only(
        "table latchkey-sessions: Its TTL uses the attribute expires instead of ttl.",
        "AttributeName=ttl",
    );
}

/// A restored table has no TTL, and an interrupted `table create` may have left one without it.
#[tokio::test]
async fn table_create_turns_on_the_ttl_of_existing_tables() {
    let deployment = Deployment::healthy().await;
    deployment.ttl("latchkey-sessions", false, "ttl").await;
    let endpoint = deployment.server.endpoint();
    let created = Report::of(&["table", "create", "--endpoint", &endpoint], &BTreeMap::new()).await;
    assert!(created.is_well, "{:#?}", created.lines);
    let report = deployment.examined().await;
    assert!(report.is_well, "{:#?}", report.lines);
}

/// The credentials may describe tables and not their TTL.
#[tokio::test]
async fn ttl_that_cannot_be_described_is_not_reported_as_off() {
    let deployment = Deployment::healthy().await;
    let tables = deployment.server.endpoint();
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
    let report = Report::of(&["doctor", "--endpoint", &endpoint], &deployment.environment).await;
    server.abort();
    let wrong = report.wrong();
    assert_eq!(wrong.len(), 3, "{wrong:#?}");
    for line in wrong {
        assert!(line.contains("DynamoDB did not describe its TTL. Use credentials"), "{line}");
    }
}

#[tokio::test]
async fn a_key_set_without_a_signing_key_fails() {
    let deployment = Deployment::healthy().await;
    let mut set: Value = serde_json::from_str(&deployment.environment["LATCHKEY_KEYS"]).expect("JSON");
    for key in set["keys"].as_array_mut().expect("keys") {
        key.as_object_mut().expect("a key").remove("d");
    }
    let report = deployment.set("LATCHKEY_KEYS", &set.to_string()).examined().await;
    report.assert_only(
        "keys: The key set in LATCHKEY_KEYS signs no access token: needs a private EC, RSA or OKP key",
        "first in the set",
    );
    let without = Deployment::healthy().await.set("LATCHKEY_KEYS", r#"{"keys":[]}"#).examined().await;
    without.assert_only("LATCHKEY_KEYS: The value is not valid: needs an oct key", "latchkey-local keygen");
}

/// Lambda refuses such settings too, and its message quotes all of them.
#[tokio::test]
async fn settings_over_the_size_limit_name_the_longest_one() {
    let deployment = Deployment::healthy().await;
    let keys = deployment.environment["LATCHKEY_KEYS"].clone();
    let report = deployment.set("NETWORK_ALLOWLIST", &vec!["203.0.113.0/24"; 260].join(",")).examined().await;
    report.assert_only(
        "NETWORK_ALLOWLIST: All settings of a function may take 3900 bytes; these take ",
        "Shorten it",
    );
    assert!(report.lines.iter().all(|line| !line.contains(&keys)));
}

#[tokio::test]
async fn every_wrong_setting_is_reported_without_its_value() {
    let bad = [
        ("LATCHKEY_KEYS", "a-secret-and-no-key-set"),
        ("LATCHKEY_ISSUER", "http://app.example.com/api/auth"),
        ("LATCHKEY_TRUSTED_ISSUERS", "[]"),
        ("REFRESH_GRACE", "eleven-minutes"),
        ("LIMIT_LOGIN", "often-enough"),
        ("AUTHORIZER_MODE", "strictly"),
        ("EXPIRY_SHARDS", "4711"),
    ];
    let deployment =
        bad.iter().fold(Deployment::healthy().await, |deployment, (name, value)| deployment.set(name, value));
    let report = deployment.examined().await;
    assert!(!report.is_well);
    assert_eq!(report.wrong().len(), bad.len(), "{:#?}", report.lines);
    for (name, value) in bad {
        let line = report.wrong().into_iter().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {:#?}", report.lines));
        assert!(line.contains(". Set it to: ") || line.contains("keygen"), "{line}");
        assert!(value == "[]" || !line.contains(value), "{line}");
    }
    let contrary = Deployment::healthy().await.set("REFRESH_TOKEN_TTL", "30m").examined().await;
    contrary.assert_only(
        "ACCESS_TOKEN_TTL: The value is not valid: must not be longer than REFRESH_TOKEN_TTL.",
        "duration",
    );
    let missing = Deployment::healthy().await.set("LATCHKEY_AUDIENCE", "").examined().await;
    missing.assert_only("LATCHKEY_AUDIENCE: This required setting is not set.", "docs/settings.md");
}

/// The endpoint's responses are dated one hour ahead.
#[tokio::test]
async fn a_clock_that_is_off_fails() {
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
    assert!(clock.contains("s behind DynamoDB's. Set it by NTP"), "{clock}");
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_named_with_its_port() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let endpoint = format!("http://{}", closed.expect("loopback has a free port"));
    let report = Report::of(&["doctor", "--endpoint", &endpoint], &BTreeMap::new()).await;
    let action = "Check the host and port of --endpoint, and that a DynamoDB is running there.";
    report.assert_only(&format!("DynamoDB: {endpoint} did not answer."), action);
}

/// The usual mistake is the port of the local server itself, which has no DynamoDB.
#[tokio::test]
async fn a_port_of_another_server_is_reported_as_no_dynamodb() {
    let server = LocalServer::memory(&[]).await.expect("it starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, server.router).await });
    let report = Report::of(&["doctor", "--endpoint", &endpoint], &BTreeMap::new()).await;
    serving.abort();
    let problem = format!("DynamoDB: {endpoint} answered, but not as a DynamoDB does.");
    report.assert_only(&problem, "Check the host and port of --endpoint: another server listens there.");
}

#[tokio::test]
async fn a_missing_region_or_credential_is_named() {
    let report = Report::of(&["doctor"], &BTreeMap::new()).await;
    report.assert_only("AWS_REGION: This variable is not set", "--endpoint");
    let region = BTreeMap::from([("AWS_REGION".to_owned(), "eu-central-1".to_owned())]);
    let report = Report::of(&["doctor"], &region).await;
    report.assert_only("AWS_ACCESS_KEY_ID: This variable is not set", "export-credentials");
}

#[tokio::test]
async fn a_setting_without_effect_is_named_and_fails_no_check() {
    let deployment =
        Deployment::healthy().await.set("ADMIN_MAX_AGE", "1h").set("RISK_RULES", "new_country=alert");
    let trusted = &deployment.environment["LATCHKEY_TRUSTED_ISSUERS"];
    let mut trusted: Value = serde_json::from_str(trusted).expect("JSON");
    trusted[0]["scopes"] = json!([]);
    trusted[0]["scope_claim"] = json!("app_metadata.roles");
    let report = deployment.set("LATCHKEY_TRUSTED_ISSUERS", &trusted.to_string()).examined().await;
    assert!(report.is_well, "{:#?}", report.lines);
    let named: Vec<&str> = report.lines.iter().filter_map(|line| line.strip_prefix("check  ")).collect();
    let names: Vec<&str> = named.iter().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    assert_eq!(names, ["LATCHKEY_TRUSTED_ISSUERS", "ADMIN_MAX_AGE", "RISK_RULES"], "{named:#?}");
    assert!(named[0].contains("[0].scope_claim has no effect, because"), "{}", named[0]);
}

/// Without the endpoints every order of the provider is lost, and its users stay signed in.
#[tokio::test]
async fn an_issuer_with_logout_needs_the_endpoints_for_orders() {
    let deployment = Deployment::healthy().await;
    let trusted = &deployment.environment["LATCHKEY_TRUSTED_ISSUERS"];
    let mut trusted: Value = serde_json::from_str(trusted).expect("JSON");
    trusted[0]["logout"] = json!({"backchannel": {}});
    let deployment = deployment.set("LATCHKEY_TRUSTED_ISSUERS", &trusted.to_string());
    let report = deployment.examined().await;
    let [line] = report.wrong()[..] else { panic!("{:#?}", report.lines) };
    assert!(line.contains("PROVIDER_ORDERS") && line.contains("set the parameter ProviderOrders"), "{line}");
    let report = deployment.set("PROVIDER_ORDERS", "true").examined().await;
    assert!(report.is_well, "{:#?}", report.lines);
}

#[tokio::test]
async fn an_http_url_of_a_local_provider_is_wrong_with_a_hint() {
    let deployment = Deployment::healthy().await;
    let trusted = json!([{
        "issuer": "http://127.0.0.1:54321/auth/v1", "audience": "authenticated",
        "jwks_url": "http://127.0.0.1:54321/auth/v1/.well-known/jwks.json",
    }]);
    let report = deployment.set("LATCHKEY_TRUSTED_ISSUERS", &trusted.to_string()).examined().await;
    let [line] = report.wrong()[..] else { panic!("{:#?}", report.lines) };
    assert!(
        line.contains("[0].jwks_url: must be an https URL: only latchkey-local fetches keys over http"),
        "{line}"
    );
}

#[tokio::test]
async fn a_wrong_list_of_webhooks_is_reported_without_its_secrets() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let list = |url: &str| json!([{"name": "shop", "url": url, "secrets": [secret]}]).to_string();
    let deployment = Deployment::healthy().await.set("WEBHOOKS", &list("http://10.0.0.1/hook"));
    let report = deployment.examined().await;
    report.assert_only(
        "WEBHOOKS: The value is not valid: [0].url: must begin with https://",
        "Set it to: JSON list.",
    );
    assert!(!report.lines.iter().any(|line| line.contains("10.0.0.1") || line.contains(secret)));
    let right = Deployment::healthy().await.set("WEBHOOKS", &list("https://hooks.example.com/latchkey"));
    assert_eq!(right.examined().await.wrong(), [""; 0]);
}
