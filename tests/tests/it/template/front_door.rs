//! The resources in front of the functions: the gateway's CORS, a domain, CloudFront.

use latchkey_tests::world::{ORIGIN_SECRET, Tokens};
use serde_json::{Value, json};

use super::deployment::{self, Deployment};
use super::document::template;
use super::stack::Stack;

#[test]
fn other_origins_are_the_same_for_the_gateway_and_the_functions() {
    let stack = Stack::of(&template(), &[("AllowedOrigins", "https://a.example.com,https://b.example.com")]);
    let cors = stack.resource("HttpApi")["Properties"]["CorsConfiguration"].take();
    assert_eq!(cors["AllowOrigins"], json!(["https://a.example.com", "https://b.example.com"]));
    for function in deployment::BEHIND_THE_API {
        let variables = stack.resource(function)["Properties"]["Environment"]["Variables"].take();
        assert_eq!(variables["LATCHKEY_ALLOWED_ORIGINS"], "https://a.example.com,https://b.example.com");
    }
    let without_origins = Stack::of(&template(), &[]);
    assert!(without_origins.resource("HttpApi")["Properties"]["CorsConfiguration"].is_null());
}

#[tokio::test]
async fn behind_cloudfront_a_request_needs_the_secret_header() {
    let parameters = [
        ("CloudFrontEnabled", "true"),
        ("DomainName", "auth.example.com"),
        ("CertificateArn", "given"),
        ("CloudFrontCertificateArn", "given"),
    ];
    let deployment = Deployment::of(&template(), &parameters).await;
    let (world, stack) = (&deployment.world, deployment.stack());
    let environment = stack.environment("LoginFunction");
    assert_eq!(environment["LATCHKEY_ISSUER"], "https://auth.example.com/api/auth");
    let device = world.device();
    device.login(&world.assertion("alice")).await.assert_problem(403, "origin_rejected");
    let distribution = stack.resource("Distribution")["Properties"]["DistributionConfig"].take();
    let added =
        distribution["Origins"][0]["OriginCustomHeaders"][0]["HeaderName"].as_str().expect("a header");
    let forwarded = stack.resource("OriginRequests")["Properties"]["OriginRequestPolicyConfig"].take();
    let mut device = device.header(added, ORIGIN_SECRET);
    for header in forwarded["HeadersConfig"]["Headers"].as_array().expect("headers") {
        let value = match header.as_str().expect("a name") {
            "CloudFront-Viewer-Address" => "203.0.113.5:4711",
            "CloudFront-Viewer-Country" => "DE",
            "CloudFront-Viewer-Country-Region" => "BY",
            "CloudFront-Viewer-City" => "Munich",
            "CloudFront-Viewer-Latitude" => "48.1",
            "CloudFront-Viewer-Longitude" => "11.6",
            other => panic!("{other} is not used by Latchkey"),
        };
        device = device.header(header.as_str().expect("a name"), value);
    }
    let tokens = Tokens::of(device.login(&world.assertion("alice")).await.assert_status(201));
    let list = device.list(&tokens.access).await;
    let session = &list.assert_status(200).body["sessions"][0];
    assert_eq!(session["ip_address"], "203.0.113.5");
    assert!(session.to_string().contains("Munich"), "{session}");
}

/// An error that CloudFront keeps for its default of 10 s, or a feed that it keeps for longer than 2 s, breaks the promise of verifiers.
#[test]
fn cloudfront_caches_the_revocation_feed_for_two_seconds_and_nothing_else() {
    let parameters = [
        ("CloudFrontEnabled", "true"),
        ("DomainName", "auth.example.com"),
        ("CertificateArn", "given"),
        ("CloudFrontCertificateArn", "given"),
    ];
    let stack = Stack::of(&template(), &parameters);
    let distribution = stack.resource("Distribution")["Properties"]["DistributionConfig"].take();
    let behaviours = distribution["CacheBehaviors"].as_array().expect("behaviours");
    assert_eq!(behaviours.len(), 1);
    assert_eq!(behaviours[0]["PathPattern"], "/api/auth/.well-known/revocations*");
    assert_eq!(behaviours[0]["CachePolicyId"], "FeedCache");
    // An OPTIONS request is never cached and would count at the throttle that all verifiers share.
    assert_eq!(behaviours[0]["AllowedMethods"], json!(["GET", "HEAD"]));
    let cache = stack.resource("FeedCache")["Properties"]["CachePolicyConfig"].take();
    assert_eq!((&cache["MinTTL"], &cache["DefaultTTL"], &cache["MaxTTL"]), (&json!(0), &json!(2), &json!(2)));
    let key = &cache["ParametersInCacheKeyAndForwardedToOrigin"];
    assert_eq!(
        key["QueryStringsConfig"],
        json!({"QueryStringBehavior": "whitelist", "QueryStrings": ["since"]})
    );
    assert_eq!(
        (&key["CookiesConfig"]["CookieBehavior"], &key["HeadersConfig"]["HeaderBehavior"]),
        (&json!("none"), &json!("none"))
    );
    // A response that depends on more than the cache key could be planted for all verifiers.
    assert_eq!(behaviours[0]["OriginRequestPolicyId"], "FeedRequests");
    let passed_on = stack.resource("FeedRequests")["Properties"]["OriginRequestPolicyConfig"].take();
    assert_eq!(passed_on["QueryStringsConfig"], json!({"QueryStringBehavior": "none"}));
    assert_eq!(passed_on["CookiesConfig"], json!({"CookieBehavior": "none"}));
    assert_eq!(passed_on["HeadersConfig"], json!({"HeaderBehavior": "whitelist", "Headers": ["Host"]}));
    let errors = distribution["CustomErrorResponses"].as_array().expect("errors");
    for code in [404, 500, 502, 503, 504] {
        assert!(errors.contains(&json!({"ErrorCode": code, "ErrorCachingMinTTL": 0})), "{code}");
    }
    let caching_disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
    assert_eq!(distribution["DefaultCacheBehavior"]["CachePolicyId"], caching_disabled);
}

/// Without the function, an attacker with ever new values of `since` would use up the throttle that all verifiers share.
/// `client/test/edge` runs its code.
#[test]
fn cloudfront_filters_the_requests_for_the_feed_and_waits_two_seconds_for_it() {
    let parameters = [
        ("CloudFrontEnabled", "true"),
        ("DomainName", "auth.example.com"),
        ("CertificateArn", "given"),
        ("CloudFrontCertificateArn", "given"),
    ];
    let stack = Stack::of(&template(), &parameters);
    let distribution = stack.resource("Distribution")["Properties"]["DistributionConfig"].take();
    let behaviour = &distribution["CacheBehaviors"][0];
    let filter =
        json!({"EventType": "viewer-request", "FunctionARN": "FeedFilter.FunctionMetadata.FunctionARN"});
    assert_eq!(behaviour["FunctionAssociations"], json!([filter]));
    let function = stack.resource("FeedFilter")["Properties"].take();
    assert_eq!(
        (&function["AutoPublish"], &function["FunctionConfig"]["Runtime"]),
        (&json!(true), &json!("cloudfront-js-2.0"))
    );
    assert!(function["FunctionCode"].as_str().is_some_and(|code| code.contains("function handler(event)")));
    let origins = distribution["Origins"].as_array().expect("origins");
    let of = |id: &Value| origins.iter().find(|origin| origin["Id"] == *id).expect("the origin");
    let (feed, others) =
        (of(&behaviour["TargetOriginId"]), of(&distribution["DefaultCacheBehavior"]["TargetOriginId"]));
    assert_eq!(
        (&feed["CustomOriginConfig"]["OriginReadTimeout"], &feed["ConnectionAttempts"]),
        (&json!(2), &json!(1)),
        "a feed that arrives later is too old to be cached for two seconds more"
    );
    assert!(others["CustomOriginConfig"]["OriginReadTimeout"].is_null(), "a cleanup takes 28 s");
    assert_eq!(
        (&feed["DomainName"], &feed["OriginCustomHeaders"]),
        (&others["DomainName"], &others["OriginCustomHeaders"])
    );
}

#[test]
fn callers_without_an_ipv4_address_reach_the_api() {
    let domain = [("DomainName", "auth.example.com"), ("CertificateArn", "given"), ("HostedZoneId", "Z1")];
    let stack = Stack::of(&template(), &domain);
    let types: Vec<_> = stack
        .named("AWS::Route53::RecordSet")
        .iter()
        .map(|name| stack.resource(name)["Properties"]["Type"].take())
        .collect();
    assert_eq!(types, ["A", "AAAA"]);
    assert_eq!(stack.resource("HttpApi")["Properties"]["IpAddressType"], "dualstack");
    let domain = stack.resource("ApiDomain")["Properties"]["DomainNameConfigurations"].take();
    assert_eq!(domain[0]["IpAddressType"], "dualstack");
}
