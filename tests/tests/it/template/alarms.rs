//! Are the metrics of the alarms and of the dashboard listed in docs/alerts.md?

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::changed;
use super::deployment::BEHIND_THE_API;
use super::document::template;
use super::stack::Stack;

/// The page that lists every metric.
const PAGE: &str = include_str!("../../../../docs/alerts.md");

/// The metrics that alarms and the dashboard use and that the page does not list.
fn unlisted(stack: &Stack) -> Vec<String> {
    let looked_at: BTreeSet<String> = alarms(stack).into_iter().chain(widgets(stack)).collect();
    looked_at.into_iter().filter(|name| !PAGE.contains(&format!("`{name}`"))).collect()
}

/// Our own metrics that alarms look at.
fn alarms(stack: &Stack) -> Vec<String> {
    let mut looked_at = vec![];
    for name in stack.named("AWS::CloudWatch::Alarm") {
        let properties = stack.resource(&name)["Properties"].take();
        let of_list = properties["Metrics"].as_array().into_iter().flatten();
        let metrics = of_list.map(|entry| &entry["MetricStat"]["Metric"]).chain([&properties]);
        let ours = metrics.filter(|metric| metric["Namespace"] == "Latchkey");
        looked_at.extend(ours.filter_map(|metric| metric["MetricName"].as_str()).map(str::to_owned));
    }
    looked_at
}

/// Our own metrics that the dashboard shows; `.` and `...` stand for what the line before has.
fn widgets(stack: &Stack) -> Vec<String> {
    let body = stack.resource("Dashboard")["Properties"]["DashboardBody"].take();
    let body: Value = serde_json::from_str(body.as_str().expect("text")).expect("a dashboard is JSON");
    let mut shown = vec![];
    for widget in body["widgets"].as_array().expect("widgets") {
        let mut namespace = "";
        for metric in widget["properties"]["metrics"].as_array().expect("metrics") {
            let [first, name] = [metric[0].as_str(), metric[1].as_str()];
            namespace = first.filter(|text| !text.starts_with('.')).unwrap_or(namespace);
            let is_ours = namespace == "Latchkey" && first != Some("...");
            shown.extend(name.filter(|_| is_ours).map(str::to_owned));
        }
    }
    shown
}

#[test]
fn alarms_and_the_dashboard_use_metrics_that_the_page_lists() {
    let stack = Stack::of(&template(), &[]);
    assert!(alarms(&stack).contains(&"EndedSecurity".to_owned()));
    assert!(widgets(&stack).contains(&"RefreshesServed".to_owned()));
    assert_eq!(unlisted(&stack), [""; 0]);
    let moved = changed("/Resources/ReuseAlarm/Properties/MetricName", json!("Stolen"));
    assert_eq!(unlisted(&Stack::of(&moved, &[])), ["Stolen"]);
}

#[test]
fn every_alarm_reports_its_begin_and_its_end() {
    let stack = Stack::of(&template(), &[("WebhookCount", "1")]);
    for name in stack.named("AWS::CloudWatch::Alarm") {
        let properties = stack.resource(&name)["Properties"].take();
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(properties[actions], json!(["AlertTopic"]), "{name}: {actions}");
        }
    }
}

/// The dimensions that an alarm looks at, by the value of the first one.
fn watched(stack: &Stack, alarm: &str) -> Vec<String> {
    let properties = stack.resource(alarm)["Properties"].take();
    let of_list = properties["Metrics"].as_array().into_iter().flatten();
    let metrics = of_list.map(|entry| &entry["MetricStat"]["Metric"]).chain([&properties]);
    let value = |metric: &Value| metric["Dimensions"][0]["Value"].as_str().map(str::to_owned);
    metrics.filter_map(value).collect()
}

#[test]
fn lost_events_of_every_function_behind_the_api_start_an_alarm() {
    let stack = Stack::of(&template(), &[]);
    assert_eq!(watched(&stack, "EventsLostAlarm"), BEHIND_THE_API);
}

/// Without them, an outage would go unnoticed until a record or a webhook becomes a dead letter.
#[test]
fn delayed_alerts_and_failed_webhooks_start_alarms() {
    let stack = Stack::of(&template(), &[("WebhookCount", "1")]);
    for alarm in ["NotifyDelayedAlarm", "WebhooksFailedAlarm"] {
        assert_eq!(watched(&stack, alarm), ["NotifyFunction"]);
    }
    let all = Stack::of(&template(), &[("WebhookCount", "3")]);
    for (stack, queues) in
        [(&stack, &["WebhookQueue"][..]), (&all, &["WebhookQueue", "WebhookQueue2", "WebhookQueue3"])]
    {
        let expected: Vec<String> = queues.iter().map(|name| format!("{name}.QueueName")).collect();
        assert_eq!(watched(stack, "WebhooksWaitingAlarm"), expected, "a queue that grows");
    }
    let letters = watched(&stack, "DeadLettersAlarm");
    assert_eq!(
        letters,
        ["CleanupDeadLetters", "NotifyDeadLetters", "WebhookDeadLetters"]
            .map(|name| format!("{name}.QueueName"))
    );
    let quiet = Stack::of(&template(), &[("AlertsEnabled", "false")]);
    assert!(quiet.resource("NotifyDelayedAlarm").is_null(), "no alarm without its mapping");
    for alarm in ["WebhooksFailedAlarm", "WebhooksWaitingAlarm"] {
        assert!(quiet.resource(alarm).is_null(), "no alarm without receivers");
    }
}

/// A condition that CloudWatch does not meet would drop every alarm, and CloudWatch reports that only in its history.
#[test]
fn cloudwatch_may_use_the_key_of_the_topic_without_conditions() {
    let stack = Stack::of(&template(), &[]);
    let policy = stack.resource("AlertKey")["Properties"]["KeyPolicy"]["Statement"].take();
    let statement = policy.as_array().expect("statements").iter();
    let mut of_cloudwatch =
        statement.filter(|entry| entry["Principal"]["Service"] == "cloudwatch.amazonaws.com");
    let entry = of_cloudwatch.next().expect("CloudWatch may use the key");
    assert_eq!(entry["Action"], json!(["kms:Decrypt", "kms:GenerateDataKey*"]));
    assert!(entry["Condition"].is_null() && of_cloudwatch.next().is_none());
}
