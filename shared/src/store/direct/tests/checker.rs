//! Checks the signature of a request as a store does, without the SDK.
//!
//! *Source*: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};

use super::HttpRequest;

/// Whether the signature of a POST to `/` is genuine and covers the body and the headers that DynamoDB reads.
pub(super) fn is_genuine(request: &HttpRequest, host: &str, secret: &str) -> bool {
    let header = |name: &str| request.headers().get(name).unwrap_or_default();
    let authorization = header("authorization");
    let field =
        |name: &str| authorization.split([' ', ',']).find_map(|part| part.strip_prefix(name)).unwrap();
    let (_, scope) = field("Credential=").split_once('/').unwrap();
    let signed = field("SignedHeaders=");
    let mut canonical = String::from("POST\n/\n\n");
    for name in signed.split(';') {
        let value = if name == "host" { host } else { header(name) };
        writeln!(canonical, "{name}:{value}").unwrap();
    }
    let body = request.body().bytes().unwrap();
    write!(canonical, "\n{signed}\n{}", sha256(body)).unwrap();
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header("x-amz-date"), sha256(canonical.as_bytes()));
    let key = scope.split('/').fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    let covers = |name: &&str| signed.split(';').any(|signed| signed == *name);
    let has_all = ["host", "x-amz-date", "x-amz-target"].iter().all(covers);
    let is_scope = scope.ends_with("/eu-central-1/dynamodb/aws4_request");
    has_all && is_scope && field("Signature=") == hex(&mac(&key, &to_sign))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
