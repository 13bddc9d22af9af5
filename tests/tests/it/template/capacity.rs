//! Which resources do the options about capacity and tracing change, and do they change nothing by default?

use serde_json::{Value, json};

use super::document::{deploy_role, template};
use super::stack::Stack;
use super::{changed, policy};

const TRACING: [&str; 2] = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];

fn properties(parameters: &[(&str, &str)], name: &str) -> Value {
    Stack::of(&template(), parameters).resource(name)["Properties"].take()
}

#[test]
fn only_the_refresh_function_has_instances_of_its_own() {
    let own = [("RefreshReservedConcurrency", "50"), ("RefreshProvisionedConcurrency", "5")];
    let stack = Stack::of(&template(), &own);
    for function in stack.named("AWS::Serverless::Function") {
        let found = properties(&own, &function);
        let (reserved, provisioned) = match function.as_str() {
            "RefreshFunction" => (json!("50"), json!({"ProvisionedConcurrentExecutions": "5"})),
            _ => (Value::Null, Value::Null),
        };
        assert_eq!(found["ReservedConcurrentExecutions"], reserved, "{function}");
        assert_eq!(found["ProvisionedConcurrencyConfig"], provisioned, "{function}");
    }
    let by_default = properties(&[], "RefreshFunction");
    assert!(by_default["ReservedConcurrentExecutions"].is_null(), "0 would refuse every refresh");
    assert!(by_default["ProvisionedConcurrencyConfig"].is_null());
}

#[test]
fn the_sessions_table_and_its_index_are_warm_for_the_same_writes() {
    let warm = properties(&[("WarmWriteUnits", "12000")], "SessionsTable");
    let expected = json!({"WriteUnitsPerSecond": "12000"});
    let index = &warm["GlobalSecondaryIndexes"][0];
    assert_eq!((&warm["WarmThroughput"], &index["WarmThroughput"]), (&expected, &expected));
    let by_default = properties(&[], "SessionsTable");
    assert!(by_default["WarmThroughput"].is_null());
    assert!(by_default["GlobalSecondaryIndexes"][0]["WarmThroughput"].is_null());
}

/// The functions that cannot send traces, although `TracingEnabled` is set.
fn without_traces(template: &Value) -> Vec<String> {
    let stack = Stack::of(template, &[("TracingEnabled", "true")]);
    assert_eq!(stack.globals()["Function"]["Tracing"], "Active");
    let mut functions = stack.named("AWS::Serverless::Function");
    functions.retain(|function| {
        let statements = policy::statements(&stack.resource(&function.replace("Function", "Role")));
        !TRACING.iter().all(|action| statements.contains(&((*action).to_owned(), "*".to_owned())))
    });
    functions
}

#[test]
fn with_tracing_every_role_may_send_traces_and_without_it_none() {
    assert_eq!(without_traces(&template()), [""; 0]);
    let refresh = "/Resources/RefreshRole/Properties/Policies/0/PolicyDocument/Statement/4";
    let narrower = changed(&format!("{refresh}/Fn::If/1/Action"), json!(TRACING[0]));
    assert_eq!(without_traces(&narrower), ["RefreshFunction"]);
    let by_default = Stack::of(&template(), &[]);
    assert_eq!(by_default.globals()["Function"]["Tracing"], "PassThrough");
    for role in by_default.named("AWS::IAM::Role") {
        assert!(!by_default.resource(&role).to_string().contains("xray:"), "{role}");
    }
}

/// The actions of a function's role that a permissions boundary refuses.
fn refused_by(boundary: &Value) -> Vec<String> {
    let boundary = Stack::of(boundary, &[]).resource("Boundary");
    let allowed = boundary["Properties"]["PolicyDocument"].to_string();
    let stack = Stack::of(
        &template(),
        &[("TracingEnabled", "true"), ("AuthorizerMode", "strict"), ("WebhookCount", "3")],
    );
    let functions = stack.named("AWS::Serverless::Function").into_iter();
    let roles = functions.map(|function| stack.resource(&function.replace("Function", "Role")));
    let actions = roles.flat_map(|role| policy::statements(&role)).map(|(action, _)| action);
    actions.filter(|action| !allowed.contains(&format!("\"{action}\""))).collect()
}

#[test]
fn the_boundary_of_the_deploy_role_allows_what_the_functions_need() {
    let template = deploy_role();
    assert_eq!(refused_by(&template), [""; 0]);
    let mut narrower = template;
    let statements = "/Resources/Boundary/Properties/PolicyDocument/Statement";
    narrower.pointer_mut(statements).and_then(Value::as_array_mut).expect("statements").pop();
    assert_eq!(refused_by(&narrower).len(), 2 * 7, "seven functions cannot send traces");
}
