//! The safety settings of a deployment: retention, boundaries, retries, dead letters, alarms for all.

use latchkey::app::notify::delivery;
use latchkey::domain::webhook::endpoint::MAX_ENDPOINTS;
use latchkey::domain::webhook::schedule;
use serde_json::{Value, json};

use super::changed;
use super::document::{deploy_role, template, web_acl};
use super::stack::{Stack, members};

/// A stack with all optional resources, so that the checks cover them.
fn whole(template: &Value) -> Stack {
    let parameters = [
        ("LogRetentionDays", "7"),
        ("PermissionsBoundaryArn", "boundary"),
        ("WebhookCount", "3"),
        ("WebhooksSecretVersionId", "given"),
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
    expect("CleanupFunction", "/Properties/Events/EveryFiveMinutes/Properties/OmitName", json!(true));
    for name in stack.named("AWS::Logs::LogGroup") {
        expect(&name, "/Properties/RetentionInDays", json!("7"));
    }
    for name in stack.named("AWS::IAM::Role") {
        expect(&name, "/Properties/PermissionsBoundary", json!("boundary"));
    }
    expect("NotifyStream", "/Properties/StartingPosition", json!("TRIM_HORIZON"));
    expect("NotifyStream", "/Properties/BisectBatchOnFunctionError", json!(true));
    expect("NotifyStream", "/Properties/MaximumRecordAgeInSeconds", json!(21_600));
    expect(
        "NotifyStream",
        "/Properties/DestinationConfig/OnFailure/Destination",
        json!("NotifyDeadLetters.Arn"),
    );
    for name in stack.named("AWS::Lambda::EventSourceMapping") {
        // Without it, Lambda would repeat a whole batch, or take a batch with failures for done.
        expect(&name, "/Properties/FunctionResponseTypes", json!(["ReportBatchItemFailures"]));
    }
    for name in stack.named("AWS::SQS::Queue") {
        expect(&name, "/Properties/SqsManagedSseEnabled", json!(true));
    }
    let watched = stack.resource("DeadLettersAlarm").to_string();
    let queues = stack.named("AWS::SQS::Queue").into_iter();
    // A queue with a redrive policy moves its lost messages to the dead letters.
    let ends = queues.filter(|name| stack.resource(name)["Properties"]["RedrivePolicy"].is_null());
    let unwatched = ends.filter(|name| !watched.contains(&format!("{name}.QueueName")));
    faults.extend(unwatched.map(|name| format!("no alarm watches {name}")));
    let schedules = stack.resource("CleanupFunction")["Properties"]["Events"].take();
    for (name, schedule) in schedules.as_object().expect("schedules") {
        let schedule = &schedule["Properties"];
        if !schedule["RetryPolicy"].is_object()
            || schedule["DeadLetterConfig"]["Arn"] != "CleanupDeadLetters.Arn"
        {
            faults.push(format!("an event of {name} that cannot be delivered goes to no dead-letter queue"));
        }
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
            "NotifyRole/Properties/PermissionsBoundary",
            Value::Null,
            "NotifyRole/Properties/PermissionsBoundary is null",
        ),
        (
            "NotifyStream/Properties/StartingPosition",
            json!("LATEST"),
            "NotifyStream/Properties/StartingPosition is \"LATEST\"",
        ),
        (
            "WebhookDelivery2/Properties/FunctionResponseTypes",
            Value::Null,
            "WebhookDelivery2/Properties/FunctionResponseTypes is null",
        ),
        (
            "MoreDeadLetters",
            json!({"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": true}}),
            "no alarm watches MoreDeadLetters",
        ),
        (
            "CleanupFunction/Properties/Events/Hourly/Properties/RetryPolicy",
            Value::Null,
            "an event of Hourly that cannot be delivered goes to no dead-letter queue",
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
    let policy = stack.resource("QueuesPolicy")["Properties"].take();
    let statement = &policy["PolicyDocument"]["Statement"][0];
    assert_refuses_without_tls(statement);
    let queues = stack.named("AWS::SQS::Queue");
    let arns: Vec<String> = queues.iter().map(|name| format!("{name}.Arn")).collect();
    assert_eq!((&policy["Queues"], &statement["Resource"]), (&json!(queues), &json!(arns)));
}

/// The queues follow the schedule of the code: as many receives as attempts, and a message is hidden while the function has it.
#[test]
fn the_queues_of_webhooks_follow_the_schedule() {
    let stack = whole(&template());
    let timeout = stack.resource("NotifyFunction")["Properties"]["Timeout"].as_u64().expect("a number");
    let queues = ["WebhookQueue", "WebhookQueue2", "WebhookQueue3"];
    for name in queues {
        let queue = stack.resource(name)["Properties"].take();
        assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], json!(schedule::ATTEMPTS), "{name}");
        assert_eq!(queue["RedrivePolicy"]["deadLetterTargetArn"], "WebhookDeadLetters.Arn");
        assert_eq!(queue["MessageRetentionPeriod"], json!(schedule::RETENTION.as_secs()));
        assert!(queue["VisibilityTimeout"].as_u64().expect("a number") >= 6 * timeout, "{name}");
        let mapping = stack.resource(&name.replace("Queue", "Delivery"))["Properties"].take();
        assert_eq!(mapping["EventSourceArn"], format!("{name}.Arn"));
        // The deliveries of a batch run at the same time, so that one limit of a delivery fits into the time of the function.
        assert!(timeout > 2 * delivery::LIMIT.as_secs());
        assert_eq!(
            mapping["ScalingConfig"],
            json!({"MaximumConcurrency": 2}),
            "a slow receiver leaves room for others"
        );
    }
    assert_eq!(queues.len(), MAX_ENDPOINTS);
    let one = Stack::of(&template(), &[("WebhookCount", "1")]);
    assert!(one.resource("WebhookQueue2").is_null() && one.resource("WebhookDelivery2").is_null());
    let none = Stack::of(&template(), &[("AlertsEnabled", "false")]);
    assert_eq!(none.named("AWS::Lambda::EventSourceMapping"), [""; 0]);
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

/// CloudFormation deletes them with the rights of this role, and without them the upgrade never ends.
#[test]
fn the_deploy_role_deletes_the_pipes_of_the_previous_release_and_makes_none() {
    let role = deploy_role();
    let text = role["Resources"]["DeployRole"].to_string();
    for action in [
        "pipes:DescribePipe",
        "pipes:StopPipe",
        "pipes:DeletePipe",
        "events:DescribeApiDestination",
        "events:DeleteApiDestination",
        "events:DescribeConnection",
        "events:DeleteConnection",
        "secretsmanager:DeleteSecret",
    ] {
        assert!(text.contains(&format!("\"{action}\"")), "{action}");
    }
    for right in ["\"pipes:Create", "\"pipes:Update", "\"pipes:*\"", "\"events:Create", "\"events:*\""] {
        assert!(!text.contains(right), "{right}");
    }
    let boundary = role["Resources"]["Boundary"].to_string();
    assert!(
        boundary.contains("events:InvokeApiDestination"),
        "the pipe of the webhook works until it is deleted"
    );
}

/// IAM knows no resource for this action, so that a statement that names one allows nothing.
#[test]
fn the_deploy_role_creates_readers_of_its_own_functions_only() {
    let role = deploy_role();
    let policy = &role["Resources"]["DeployRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let statements = policy["Statement"].as_array().expect("statements");
    let creates = |statement: &&Value| statement["Action"] == "lambda:CreateEventSourceMapping";
    let found: Vec<_> = statements.iter().filter(creates).collect();
    let [statement] = found[..] else { panic!("one statement: {found:?}") };
    assert_eq!((&statement["Effect"], &statement["Resource"]), (&json!("Allow"), &json!("*")));
    let function = &statement["Condition"]["StringLike"]["lambda:FunctionArn"]["Fn::Sub"];
    assert!(function.as_str().is_some_and(|arn| arn.ends_with(":function:${StackName}-*")), "{function}");
}
