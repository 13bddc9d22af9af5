//! Does each role allow what its function does, and nothing else?

use std::collections::BTreeMap;

use serde_json::json;

use super::deployment::Deployment;
use super::document::template;
use super::recorder::Recorder;
use super::stack::Stack;
use super::{changed, policy, usage_story};

/// The rights that a role has without using them, and the rights that it lacks.
fn policy_faults(stack: &Stack, recorders: &BTreeMap<String, Recorder>) -> Vec<String> {
    let mut faults = vec![];
    for (function, recorder) in recorders {
        let role = function.replace("Function", "Role");
        let (allowed, needed) = (policy::allowed(stack, &role), recorder.calls());
        faults.extend(needed.difference(&allowed).map(|access| format!("{role} lacks {access}")));
        faults.extend(allowed.difference(&needed).map(|access| format!("{role} does not need {access}")));
    }
    faults
}

#[tokio::test]
async fn each_role_allows_exactly_the_calls_of_its_function() {
    let mut deployment = Deployment::of(&template(), &[]).await;
    usage_story::play(&mut deployment).await;
    let recorders = deployment.recorders();
    assert_eq!(recorders.len(), 6);
    let faults = policy_faults(deployment.stack(), recorders);
    assert!(faults.is_empty(), "{faults:#?}");
    let of = |role: &str, rest: &str| {
        format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement/{rest}")
    };
    for (pointer, value, expected) in [
        (of("RefreshRole", "2/Action/-"), json!("dynamodb:Scan"), vec!["does not need Scan SessionsTable"]),
        (
            of("RefreshRole", "2/Action"),
            json!("dynamodb:UpdateItem"),
            vec![
                "lacks DeleteItem SessionsTable",
                "lacks GetItem SessionsTable",
                "lacks PutItem SessionsTable",
                "lacks Query SessionsTable",
            ],
        ),
        (
            of("SessionsRole", "3/Resource"),
            json!({"Fn::GetAtt": ["SessionsTable", "Arn"]}),
            vec!["lacks Query SessionsTable/index/expiry"],
        ),
        (
            of("CleanupRole", "3/Resource"),
            json!({"Fn::GetAtt": ["RateLimitsTable", "Arn"]}),
            vec![
                "lacks BatchWriteItem SecurityEventsTable",
                "lacks PutItem SecurityEventsTable",
                "does not need BatchWriteItem RateLimitsTable",
                "does not need PutItem RateLimitsTable",
            ],
        ),
    ] {
        let stack = Stack::of(&changed(&pointer, value), &[("AuthorizerMode", "strict")]);
        let faults = policy_faults(&stack, recorders);
        let role = pointer.split('/').nth(2).expect("a role");
        let expected: Vec<String> = expected.iter().map(|fault| format!("{role} {fault}")).collect();
        assert_eq!(faults, expected, "{pointer}");
    }
}

/// Apart from the tables, a role may use its own log and, if its settings hold secrets, the key that encrypts them.
#[test]
fn a_role_reaches_only_its_own_resources() {
    let stack = Stack::of(&template(), &[]);
    for function in stack.named("AWS::Serverless::Function") {
        let role = function.replace("Function", "Role");
        let own = stack.resource(&function)["Properties"].take();
        assert_eq!(own["Role"], format!("{role}.Arn"));
        let log = format!("{}.Arn", own["LoggingConfig"]["LogGroup"].as_str().expect("a log of its own"));
        let mut expected =
            vec![("logs:CreateLogStream".to_owned(), log.clone()), ("logs:PutLogEvents".to_owned(), log)];
        if let Some(key) = own["KmsKeyArn"].as_str() {
            expected.push(("kms:Decrypt".to_owned(), key.to_owned()));
        }
        if function == "NotifyFunction" {
            let own = |action: &str, resource: &str| (action.to_owned(), resource.to_owned());
            expected.push(own("sqs:SendMessage", "NotifyDeadLetters.Arn"));
            expected.push(own("sns:Publish", "AlertTopic"));
            expected.extend(["kms:Decrypt", "kms:GenerateDataKey"].map(|action| own(action, "AlertKey.Arn")));
        }
        if function == "CleanupFunction" {
            expected.push(("sqs:SendMessage".to_owned(), "CleanupDeadLetters.Arn".to_owned()));
        }
        let allowed = policy::statements(&stack.resource(&role)).into_iter();
        let allowed: Vec<_> = allowed.filter(|(action, _)| !action.starts_with("dynamodb:")).collect();
        assert_eq!(allowed, expected, "{role}");
    }
    assert_eq!(policy::allowed(&stack, "NotifyRole").len(), 4, "the stream of one table, and no table");
    for (mode, when_stale, tables) in [
        ("offline", "", 0),
        ("feed", "accept", 0),
        ("feed", "refuse", 0),
        ("feed", "ask", 1),
        ("strict", "", 1),
    ] {
        let parameters = [("AuthorizerMode", mode), ("AuthorizerWhenStale", when_stale)];
        let stack = Stack::of(&template(), &parameters);
        assert_eq!(policy::allowed(&stack, "AuthorizerRole").len(), tables, "{mode} {when_stale}");
    }
}

#[test]
fn the_notify_function_reaches_the_queues_of_its_receivers_only() {
    for (count, queues) in [("0", 0), ("1", 1), ("3", 3)] {
        let stack = Stack::of(&template(), &[("WebhookCount", count), ("AlertsEnabled", "false")]);
        let statements = policy::statements(&stack.resource("NotifyRole"));
        let of = |action: &str| statements.iter().filter(|(own, _)| own == action).count();
        assert_eq!(
            (of("sqs:SendMessage"), of("sqs:ReceiveMessage")),
            (queues + 1 + usize::from(queues > 0), queues)
        );
        assert_eq!((of("sqs:ChangeMessageVisibility"), of("sns:Publish")), (queues, 0));
        let decrypts: Vec<_> = statements.iter().filter(|(action, _)| action == "kms:Decrypt").collect();
        assert_eq!(
            decrypts.len(),
            usize::from(queues > 0),
            "only the list of receivers is encrypted: {decrypts:?}"
        );
        assert!(!statements.iter().any(|(_, resource)| resource.contains('*')), "{statements:?}");
    }
}
