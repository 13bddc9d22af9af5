//! The safety settings of a deployment: retention, boundaries, retries, dead letters, alarms for all.

use serde_json::{Value, json};

use super::changed;
use super::document::{deploy_role, template, web_acl};
use super::stack::{Stack, members};

/// A stack with all optional resources, so that the checks cover them.
fn whole(template: &Value) -> Stack {
    let parameters = [
        ("LogRetentionDays", "7"),
        ("PermissionsBoundaryArn", "boundary"),
        ("WebhookUrl", "https://hooks.example.com/latchkey"),
        ("DomainName", "auth.example.com"),
        ("CloudFrontEnabled", "true"),
        ("Architecture", "x86_64"),
        ("MemorySize", "512"),
    ];
    Stack::of(template, &parameters)
}

fn faults(template: &Value) -> Vec<String> {
    let stack = whole(template);
    let mut faults = vec![];
    let mut expect = |name: &str, pointer: &str, expected: Value| {
        let found = stack.resource(name).pointer(pointer).cloned().unwrap_or_default();
        if found != expected {
            faults.push(format!("{name}{pointer} is {found}"));
        }
    };
    // Without OmitName, SAM would give the schedule a name that does not contain the stack's.
    expect("CleanupFunction", "/Properties/Events/Hourly/Properties/OmitName", json!(true));
    for name in stack.named("AWS::Logs::LogGroup") {
        expect(&name, "/Properties/RetentionInDays", json!("7"));
    }
    for name in stack.named("AWS::IAM::Role") {
        expect(&name, "/Properties/PermissionsBoundary", json!("boundary"));
    }
    for name in stack.named("AWS::Pipes::Pipe") {
        let of = |rest: &str| format!("/Properties/SourceParameters/DynamoDBStreamParameters/{rest}");
        expect(&name, &of("MaximumRetryAttempts"), json!(5));
        expect(&name, &of("StartingPosition"), json!("LATEST"));
        expect(&name, &of("DeadLetterConfig/Arn"), json!("AlertDeadLetters.Arn"));
    }
    for name in stack.named("AWS::SQS::Queue") {
        expect(&name, "/Properties/SqsManagedSseEnabled", json!(true));
    }
    let watched = stack.resource("DeadLettersAlarm").to_string();
    let queues = stack.named("AWS::SQS::Queue").into_iter();
    let unwatched = queues.filter(|name| !watched.contains(&format!("{name}.QueueName")));
    faults.extend(unwatched.map(|name| format!("no alarm watches {name}")));
    let schedule = stack.resource("CleanupFunction")["Properties"]["Events"]["Hourly"]["Properties"].take();
    if !schedule["RetryPolicy"].is_object() || schedule["DeadLetterConfig"]["Arn"] != "CleanupDeadLetters.Arn"
    {
        faults.push("a cleanup that cannot be started goes to no dead-letter queue".to_owned());
    }
    for function in stack.named("AWS::Serverless::Function") {
        for alarm in ["ErrorsAlarm", "ThrottlesAlarm"] {
            if !stack.resource(alarm)["Properties"]["Metrics"].to_string().contains(&function) {
                faults.push(format!("{alarm} does not cover {function}"));
            }
        }
    }
    faults
}

#[test]
fn logs_roles_and_queues_have_retention_boundaries_and_alarms() {
    assert_eq!(faults(&template()), [""; 0]);
    let resource = |rest: &str| format!("/Resources/{rest}");
    for (pointer, value, fault) in [
        (
            "RevokeLogs/Properties/RetentionInDays",
            Value::Null,
            "RevokeLogs/Properties/RetentionInDays is null",
        ),
        (
            "AccessLogs/Properties/RetentionInDays",
            json!(3_653),
            "AccessLogs/Properties/RetentionInDays is 3653",
        ),
        (
            "WebhookPipeRole/Properties/PermissionsBoundary",
            Value::Null,
            "WebhookPipeRole/Properties/PermissionsBoundary is null",
        ),
        (
            "MoreDeadLetters",
            json!({"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": true}}),
            "no alarm watches MoreDeadLetters",
        ),
        (
            "CleanupFunction/Properties/Events/Hourly/Properties/RetryPolicy",
            Value::Null,
            "a cleanup that cannot be started goes to no dead-letter queue",
        ),
        (
            "ThrottlesAlarm/Properties/Metrics/6",
            json!({"Id": "none"}),
            "ThrottlesAlarm does not cover CleanupFunction",
        ),
    ] {
        assert_eq!(faults(&changed(&resource(pointer), value)), [fault], "{pointer}");
    }
}

/// Checks that a statement refuses requests of every caller without TLS.
fn assert_refuses_without_tls(statement: &Value) {
    assert_eq!((&statement["Effect"], &statement["Principal"]), (&json!("Deny"), &json!("*")));
    assert_eq!(statement["Condition"], json!({"Bool": {"aws:SecureTransport": "false"}}));
}

#[test]
fn every_queue_refuses_requests_without_tls() {
    let stack = whole(&template());
    let policy = stack.resource("DeadLettersPolicy")["Properties"].take();
    let statement = &policy["PolicyDocument"]["Statement"][0];
    assert_refuses_without_tls(statement);
    let queues = stack.named("AWS::SQS::Queue");
    let arns: Vec<String> = queues.iter().map(|name| format!("{name}.Arn")).collect();
    assert_eq!((&policy["Queues"], &statement["Resource"]), (&json!(queues), &json!(arns)));
}

#[test]
fn no_resource_names_a_partition_or_a_region() {
    let faults = |template: &Value| {
        let resources = template["Resources"].to_string();
        ["arn:aws:", "eu-central-1", "us-east-1"].into_iter().filter(|name| resources.contains(name)).count()
    };
    for template in [template(), deploy_role(), web_acl()] {
        assert_eq!(faults(&template), 0);
    }
    let fixed =
        changed("/Resources/AlertTopic/Properties/KmsMasterKeyId", json!("arn:aws:kms:us-east-1:1:key/1"));
    assert_eq!(faults(&fixed), 2);
}

/// A policy replaces the one that a topic has by default, by which CloudWatch publishes alarms.
#[test]
fn the_topic_refuses_messages_without_tls_and_accepts_those_of_its_account() {
    let stack = whole(&template());
    assert_eq!(stack.named("AWS::SNS::Topic"), ["AlertTopic"]);
    let policy = stack.resource("AlertTopicPolicy")["Properties"].take();
    assert_eq!(policy["Topics"], json!(["AlertTopic"]));
    let statements = policy["PolicyDocument"]["Statement"].as_array().expect("statements");
    let [account, tls] = &statements[..] else { panic!("two statements: {statements:?}") };
    assert_refuses_without_tls(tls);
    assert_eq!((&tls["Action"], &tls["Resource"]), (&json!("sns:Publish"), &json!("AlertTopic")));
    assert_eq!(account["Effect"], "Allow");
    assert_eq!(account["Condition"], json!({"StringEquals": {"aws:SourceOwner": "AWS::AccountId"}}));
    assert!(account["Action"].as_array().is_some_and(|actions| actions.contains(&json!("sns:Publish"))));
}

#[test]
fn the_deployer_chooses_processor_and_memory() {
    let globals = whole(&template()).globals();
    let function = &globals["Function"];
    assert_eq!(function["Runtime"], "provided.al2023");
    assert_eq!((&function["Architectures"], &function["MemorySize"]), (&json!(["x86_64"]), &json!("512")));
    let by_default = Stack::of(&template(), &[]).globals();
    assert_eq!(by_default["Function"]["Architectures"], json!(["arm64"]));
    let functions = whole(&template());
    for function in functions.named("AWS::Serverless::Function") {
        let own = functions.resource(&function)["Properties"].take();
        let names: Vec<&str> = members(&own).map(|(name, _)| name.as_str()).collect();
        assert!(
            !names.iter().any(|name| ["Runtime", "Architectures", "MemorySize"].contains(name)),
            "{function}"
        );
    }
}
