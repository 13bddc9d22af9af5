//! Does each role allow what its function does, and nothing else?

use std::collections::BTreeMap;

use serde_json::json;

use super::deployment::Deployment;
use super::document::template;
use super::recorder::Recorder;
use super::stack::Stack;
use super::{changed, policy, usage_story};

/// The actions that a role allows without need, and those that it lacks.
fn policy_faults(stack: &Stack, seen: &BTreeMap<String, Recorder>) -> Vec<String> {
    let mut faults = vec![];
    for (function, recorder) in seen {
        let role = function.replace("Function", "Role");
        let (allowed, seen) = (policy::allowed(stack, &role), recorder.seen());
        faults.extend(seen.difference(&allowed).map(|access| format!("{role} lacks {access}")));
        faults.extend(allowed.difference(&seen).map(|access| format!("{role} does not need {access}")));
    }
    faults
}

#[tokio::test]
async fn each_role_allows_exactly_the_calls_of_its_function() {
    let mut deployment = Deployment::of(&template(), &[]).await;
    usage_story::play(&mut deployment).await;
    let seen = deployment.seen();
    assert_eq!(seen.len(), 6);
    let faults = policy_faults(deployment.stack(), seen);
    assert!(faults.is_empty(), "{faults:#?}");
    let of = |role: &str, rest: &str| {
        format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement/{rest}")
    };
    for (pointer, value, expected) in [
        (of("RefreshRole", "2/Action/-"), json!("dynamodb:Scan"), vec!["does not need Scan SessionsTable"]),
        (
            of("RefreshRole", "2/Action"),
            json!("dynamodb:UpdateItem"),
            vec!["lacks DeleteItem SessionsTable", "lacks GetItem SessionsTable"],
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
        let faults = policy_faults(&stack, seen);
        let role = pointer.split('/').nth(2).expect("a role");
        let expected: Vec<String> = expected.iter().map(|fault| format!("{role} {fault}")).collect();
        assert_eq!(faults, expected, "{pointer}");
    }
}

/// Beside the tables a role reaches its own log, and the key of its settings when they hold secrets.
#[test]
fn a_role_reaches_nothing_but_its_own() {
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
        if function == "CleanupFunction" {
            expected.push(("sqs:SendMessage".to_owned(), "CleanupDeadLetters.Arn".to_owned()));
        }
        let allowed = policy::statements(&stack.resource(&role)).into_iter();
        let allowed: Vec<_> = allowed.filter(|(action, _)| !action.starts_with("dynamodb:")).collect();
        assert_eq!(allowed, expected, "{role}");
    }
    assert_eq!(policy::allowed(&stack, "AuthorizerRole").len(), 0, "an offline one reads no table");
}
