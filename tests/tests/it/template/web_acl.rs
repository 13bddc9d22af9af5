//! Does the web ACL limit each address, and only the sign-ins of that address?

use serde_json::{Value, json};

use super::document::{template, web_acl};
use super::routes;
use super::stack::Stack;

/// The rate-based statements of the rules, and the actions of the rules.
fn rules() -> Vec<(Value, Value)> {
    let acl = Stack::of(&web_acl(), &[]).resource("WebAcl");
    let rules = acl["Properties"]["Rules"].as_array().expect("rules").clone();
    let parts =
        |rule: &Value| (rule["Statement"]["RateBasedStatement"].clone(), rule["Action"]["Block"].clone());
    rules.iter().map(parts).collect()
}

/// Chromium forgets its device key after a 429, so that the requests of device keys get a 503.
#[test]
fn the_web_acl_limits_each_address_with_a_passing_status() {
    let all = rules();
    assert_eq!(all.len(), 4);
    for ((statement, block), status) in all.into_iter().zip([429, 429, 503, 429]) {
        assert_eq!(statement["AggregateKeyType"], "IP");
        let window = statement["EvaluationWindowSec"].to_string();
        let response = &block["CustomResponse"];
        assert_eq!(response["ResponseCode"], status);
        assert_eq!(response["ResponseHeaders"], json!([{"Name": "retry-after", "Value": window}]));
    }
}

/// Each address may send so many requests for the feed, whatever else it sends, and the other way round.
#[test]
fn requests_of_device_keys_and_for_the_feed_have_limits_of_their_own() {
    let all = rules();
    let [_, (general, _), (device_keys, _), (feed, _)] = &all[..] else { panic!("four rules") };
    let own = [&device_keys["ScopeDownStatement"], &feed["ScopeDownStatement"]];
    let paths = own.map(|scope| &scope["ByteMatchStatement"]["SearchString"]);
    assert_eq!(paths, ["/api/auth/dbsc/", "/api/auth/.well-known/revocations"]);
    assert_eq!(feed["Limit"], 5_000);
    let others = &general["ScopeDownStatement"]["NotStatement"]["Statement"];
    assert_eq!(others, &json!({"OrStatement": {"Statements": own}}));
}

/// A backend calls `/login/attempts` from one address for all its users, and must not be limited like one user.
#[test]
fn only_the_path_of_the_sign_in_has_the_lower_limit() {
    let (sign_ins, _) = &rules()[0];
    let matched = &sign_ins["ScopeDownStatement"]["ByteMatchStatement"];
    let path = matched["SearchString"].as_str().expect("a path");
    assert_eq!(matched["PositionalConstraint"], "EXACTLY");
    let routes = routes::of(&Stack::of(&template(), &[]));
    assert!(routes.contains(&(path.to_owned(), "LoginFunction".to_owned())), "{path} is a route of login");
    let transformations: Vec<&Value> = matched["TextTransformations"]
        .as_array()
        .expect("transformations")
        .iter()
        .map(|entry| &entry["Type"])
        .collect();
    assert_eq!(transformations, ["URL_DECODE", "NORMALIZE_PATH"], "or /api/auth/%6Cogin has no limit");
}

#[test]
fn the_distribution_has_the_web_acl_of_the_parameter() {
    let acl = Stack::of(&web_acl(), &[]).resource("WebAcl");
    assert_eq!(acl["Properties"]["Scope"], "CLOUDFRONT");
    let own = [("CloudFrontEnabled", "true"), ("DomainName", "auth.example.com"), ("WebAclArn", "acl")];
    let of = |own: &[_]| {
        Stack::of(&template(), own).resource("Distribution")["Properties"]["DistributionConfig"]["WebACLId"]
            .take()
    };
    assert_eq!(of(&own), "acl");
    assert!(of(&own[..2]).is_null());
}
