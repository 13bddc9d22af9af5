use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_types::body::SdkBody;

use super::*;

const HOST: &str = "dynamodb.eu-central-1.amazonaws.com";
const TARGET: &str = "DynamoDB_20120810.UpdateItem";
const BODY: &str = r#"{"TableName":"sessions"}"#;

fn credentials(session_token: Option<&str>) -> Credentials {
    Credentials::new("AKIDEXAMPLE", "not-a-secret", session_token.map(str::to_owned), None, "tests")
}

fn ours(signer: &Signer, at: SystemTime) -> String {
    let mut request = HttpRequest::new(SdkBody::from(BODY));
    request.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    request.headers_mut().insert("x-amz-target", TARGET);
    signer.sign(&mut request, HOST, at).unwrap();
    request.headers().get("authorization").unwrap().to_owned()
}

/// The header of the SDK's own implementation.
fn theirs(session_token: Option<&str>, at: SystemTime) -> String {
    let identity = credentials(session_token).into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("dynamodb")
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", TARGET)];
    let body = SignableBody::Bytes(BODY.as_bytes());
    let uri = format!("https://{HOST}/");
    let request = SignableRequest::new("POST", uri, headers.into_iter(), body).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    let mut headers = instructions.headers();
    headers.find(|(name, _)| *name == "authorization").unwrap().1.to_owned()
}

#[test]
fn a_signature_is_that_of_the_sdk() {
    for session_token in [None, Some("a-session-token")] {
        let signer = Signer::new("eu-central-1", &credentials(session_token));
        // The second time is a day later, so that the signer needs another key.
        for seconds in [1_790_000_000, 1_790_086_400, 1_790_000_001] {
            let at = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(ours(&signer, at), theirs(session_token, at));
        }
    }
}

#[test]
fn a_signer_shows_no_secret() {
    let signer = Signer::new("eu-central-1", &credentials(Some("a-session-token")));
    let shown = format!("{signer:?}");
    assert!(!shown.contains("secret") && !shown.contains("token"), "{shown}");
}
