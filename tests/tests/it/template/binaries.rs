//! The real binaries with the template's environments, on tables made from the template's own properties.
//!
//! SAM's transform leaves tables unchanged, so these are the properties that CloudFormation gets.

use std::collections::BTreeMap;
use std::time::Duration;

use dynoxide::Database;
use http::StatusCode;
use latchkey_local::issuer::SignIn;
use latchkey_local::server::LocalServer;
use latchkey_tests::binary::built;
use latchkey_tests::event::{Event, Reply};
use latchkey_tests::lambda::{Function, RuntimeApi};
use latchkey_tests::world::Tokens;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::deployment::{AUDIENCE, stack};
use super::document::template;
use super::stack::Stack;

/// Starts an engine with the tables of a stack and returns its URL. It runs until the test ends.
async fn tables_of(stack: &Stack) -> String {
    let database = Database::memory().expect("SQLite starts");
    for name in stack.named("AWS::DynamoDB::Table") {
        let mut table = stack.resource(&name)["Properties"].take();
        let ttl = json!({"TableName": name, "TimeToLiveSpecification": table["TimeToLiveSpecification"]});
        let create = serde_json::from_value(as_call(&name, &mut table)).expect("a request");
        database.create_table(create).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let ttl = serde_json::from_value(ttl).expect("a request");
        database.update_time_to_live(ttl).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    format!("http://{address}")
}

/// Converts CloudFormation's properties to a request of DynamoDB's CreateTable.
fn as_call(name: &str, properties: &mut Value) -> Value {
    let table = properties.as_object_mut().expect("properties");
    table.remove("TimeToLiveSpecification");
    table.remove("PointInTimeRecoverySpecification");
    table.insert("TableName".to_owned(), json!(name));
    table.insert("SSESpecification".to_owned(), json!({"Enabled": table["SSESpecification"]["SSEEnabled"]}));
    let is_protected = table["DeletionProtectionEnabled"] == "true";
    table.insert("DeletionProtectionEnabled".to_owned(), json!(is_protected));
    if let Some(stream) = table.get_mut("StreamSpecification") {
        stream["StreamEnabled"] = json!(true);
    }
    properties.take()
}

/// The stack's functions, each started with its own environment only.
struct Running {
    functions: BTreeMap<&'static str, Function>,
}

impl Running {
    async fn of(stack: &Stack, endpoint: &str) -> Self {
        let mut functions = BTreeMap::new();
        for binary in ["login", "refresh", "sessions", "revoke", "authorizer", "cleanup", "notify"] {
            let function = format!("{}{}Function", binary[..1].to_uppercase(), &binary[1..]);
            let resource = stack.resource(&function);
            assert_eq!(resource["Metadata"]["BuildProperties"]["Binary"], binary);
            let mut environment = stack.environment(&function);
            environment.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint.to_owned());
            let seconds = resource["Properties"]["Timeout"].as_u64().unwrap_or(10);
            let api = RuntimeApi::start().await.timeout(Duration::from_secs(seconds));
            let started = api.spawn(built(binary), environment).await;
            functions.insert(binary, started.unwrap_or_else(|error| panic!("{error}")));
        }
        Self { functions }
    }

    async fn invoke(&mut self, function: &str, event: Value) -> Value {
        let running = self.functions.get_mut(function).expect("it was started");
        running.invoke(event).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn call(&mut self, function: &str, event: Event) -> Reply {
        Reply::parse(self.invoke(function, event.build()).await)
    }
}

fn tokens(reply: &Reply) -> Tokens {
    let member = |name: &str| reply.body[name].as_str().unwrap_or_default().to_owned();
    Tokens { access: member("access_token"), refresh: member("refresh_token"), session: member("session_id") }
}

#[tokio::test]
async fn the_functions_run_with_the_templates_settings_on_the_templates_tables() {
    let server =
        LocalServer::builder().settings(&[("LATCHKEY_AUDIENCE", AUDIENCE)]).build().await.expect("it starts");
    let stack = stack(&template(), &server, &[]);
    let mut running = Running::of(&stack, &tables_of(&stack).await).await;

    let who = SignIn::of("alice");
    let assertion = server.issuer.assertion(&server.audience, &who, server.app.now()).expect("it signs");
    let login = running.call("login", Event::from_file("login-body").fill("assertion", &assertion)).await;
    assert_eq!(login.status, StatusCode::CREATED, "{}", login.body);
    let first = tokens(&login);

    let refresh = Event::from_file("refresh-body").fill("refresh_token", &first.refresh);
    let refreshed = running.call("refresh", refresh).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
    let second = tokens(&refreshed);
    assert_eq!(second.session, first.session);

    let list = Event::new("GET", "/api/auth/sessions").bearer(&second.access);
    let listed = running.call("sessions", list).await;
    assert_eq!(listed.body["sessions"][0]["session_id"], json!(first.session), "{}", listed.body);

    let ask = Event::from_file("authorizer-bearer").fill("access_token", &second.access).build();
    assert_eq!(running.invoke("authorizer", ask.clone()).await["isAuthorized"], true);

    let out = Event::new("POST", "/api/auth/revoke").bearer(&second.access);
    let out = running.call("revoke", out.json(json!({"strategy": "current"}))).await;
    assert_eq!(out.body["ended"], 1, "{}", out.body);

    let again = running
        .call("refresh", Event::from_file("refresh-body").fill("refresh_token", &second.refresh))
        .await;
    assert_eq!((again.status, again.code()), (StatusCode::UNAUTHORIZED, Some("session_ended")));
    assert_eq!(running.invoke("authorizer", ask).await["isAuthorized"], false, "the stack sets strict mode");

    let schedule = stack.resource("CleanupFunction")["Properties"]["Events"]["Hourly"]["Properties"].take();
    let input = schedule["Input"].as_str().expect("the schedule has an input");
    let report = running.invoke("cleanup", serde_json::from_str(input).expect("JSON")).await;
    assert_eq!((&report["failed"], &report["remaining"]), (&json!(0), &json!(false)), "{report}");
}
