//! An SQS queue: send a message, and hide a received one for a time.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::call::{Aws, AwsError, Service};

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    aws: Aws,
    url: String,
    endpoint: String,
}

impl Queue {
    /// The queue with this URL. SQS is reached at the origin of the URL, or at `endpoint`.
    pub fn new(aws: Aws, url: &Url, endpoint: Option<&str>) -> Self {
        let origin = || format!("{}/", url.origin().ascii_serialization());
        Self { aws, url: url.to_string(), endpoint: endpoint.map_or_else(origin, str::to_owned) }
    }

    /// Sends a message of at most 256 KiB.
    ///
    /// # Errors
    /// SQS refused it or did not answer. Then it may have been sent.
    pub async fn send(&self, body: &str) -> Result<(), AwsError> {
        self.call("AmazonSQS.SendMessage", json!({"QueueUrl": self.url, "MessageBody": body})).await
    }

    /// Hides a received message for this time, at most 12 hours from when it was received.
    ///
    /// # Errors
    /// SQS refused it or did not answer.
    pub async fn hide(&self, receipt: &str, time: Duration) -> Result<(), AwsError> {
        let body =
            json!({"QueueUrl": self.url, "ReceiptHandle": receipt, "VisibilityTimeout": time.as_secs()});
        self.call("AmazonSQS.ChangeMessageVisibility", body).await
    }

    async fn call(&self, target: &str, body: Value) -> Result<(), AwsError> {
        let service = Service { name: "sqs", endpoint: self.endpoint.clone(), code };
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)];
        self.aws.call(&service, &headers, &body.to_string()).await
    }
}

/// Whether SQS refused a message for its content or size, so that no queue takes it, now or later.
///
/// *Source*: the errors in the API reference of `SendMessage`.
pub fn refuses_content(error: &AwsError) -> bool {
    let AwsError::Refused { code, .. } = error else { return false };
    matches!(code.as_str(), "InvalidMessageContents" | "InvalidParameterValue" | "BatchRequestTooLong")
}

/// The code in the JSON of a refusal: `{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}`.
fn code(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["__type"].as_str().and_then(|name| name.rsplit('#').next()).unwrap_or("without a code").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_refusal_is_its_type() {
        assert_eq!(
            code(r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"x"}"#),
            "QueueDoesNotExist"
        );
        assert_eq!(code("<html>"), "without a code");
    }
}
