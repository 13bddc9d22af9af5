//! An SNS topic: publish a message.

use super::call::{Aws, AwsError, Service};

/// A topic.
#[derive(Clone, Debug)]
pub struct Topic {
    aws: Aws,
    arn: String,
    endpoint: String,
}

impl Topic {
    /// The topic with this ARN. SNS is reached in the Region of the process, or at `endpoint`.
    pub fn new(aws: Aws, arn: &str, endpoint: Option<&str>) -> Self {
        let suffix = if arn.starts_with("arn:aws-cn:") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let own = || format!("https://sns.{}.{suffix}/", aws.region());
        let endpoint = endpoint.map_or_else(own, str::to_owned);
        Self { aws, arn: arn.to_owned(), endpoint }
    }

    /// Publishes a message of at most 256 KiB.
    ///
    /// # Errors
    /// SNS refused it or did not answer. Then it may have been published.
    pub async fn publish(&self, message: &str) -> Result<(), AwsError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "Publish")
            .append_pair("Version", "2010-03-31")
            .append_pair("TopicArn", &self.arn)
            .append_pair("Message", message)
            .finish();
        let service = Service { name: "sns", endpoint: self.endpoint.clone(), code };
        self.aws.call(&service, &[("content-type", "application/x-www-form-urlencoded")], &body).await
    }
}

/// The code in the XML of a refusal: `<Code>AuthorizationError</Code>`.
fn code(body: &str) -> String {
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map_or("without a code", |(code, _)| code).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_refusal_is_in_its_xml() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code></Error></ErrorResponse>";
        assert_eq!(code(body), "AuthorizationError");
        assert_eq!(code("{}"), "without a code");
    }
}
