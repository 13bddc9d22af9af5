//! Which function does the API call for which path?

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use latchkey_tests::openapi::Spec;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::document::template;
use super::stack::{Stack, members};
use super::{changed, deployment};

/// The parameter with which the stack has every route.
const WITH_ORDERS: [(&str, &str); 1] = [("ProviderOrders", "true")];

/// The endpoints at which identity providers end sessions.
const ORDERS: [&str; 3] =
    ["/api/auth/backchannel-logout", "/api/auth/global-token-revocation", "/api/auth/ssf/events"];

/// Each path of the API with its function, followed from route to integration to function.
///
/// # Panics
/// When a route is not for every method, or when the stack has no such integration.
pub(crate) fn of(stack: &Stack) -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for name in stack.named("AWS::ApiGatewayV2::Route") {
        let route = stack.resource(&name);
        let key = route["Properties"]["RouteKey"].as_str().expect("a route has a key");
        let path = key.strip_prefix("ANY ").unwrap_or_else(|| {
            panic!("{key} must be for ANY method, so that a wrong method gets our own 405")
        });
        let target = route["Properties"]["Target"].as_str().expect("a route has a target");
        let integration = stack.resource(target.strip_prefix("integrations/").expect("an integration"));
        routes.insert((path.to_owned(), function_of(&integration)));
    }
    routes
}

/// The function that the gateway calls for a path. An exact path has priority over one with a parameter.
pub(crate) fn function_at<'r>(routes: &'r BTreeSet<(String, String)>, path: &str) -> Option<&'r str> {
    let exact = routes.iter().find(|(own, _)| own == path);
    let fits = |own: &str| own.strip_suffix("{id}").is_some_and(|start| path.starts_with(start));
    exact.or_else(|| routes.iter().find(|(own, _)| fits(own))).map(|(_, function)| function.as_str())
}

/// The function that an integration calls.
fn function_of(integration: &Value) -> String {
    let uri = integration["Properties"]["IntegrationUri"].as_str().expect("an integration calls a function");
    assert_eq!(integration["Properties"]["PayloadFormatVersion"], "2.0", "{uri}");
    uri.strip_suffix(".Alias").expect("by its alias").to_owned()
}

/// `cargo lambda watch` routes to the same functions. It knows them by the names of their binaries.
#[test]
fn cargo_lambda_watch_has_the_routes_of_the_template() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = std::process::Command::new(cargo)
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("cargo writes JSON");
    let routes = metadata["metadata"]["lambda"]["watch"]["router"].as_array().expect("routes").clone();
    let watched: BTreeSet<(String, String)> = routes
        .iter()
        .map(|route| {
            let function = route["function"].as_str().expect("a function");
            let function = format!("{}{}Function", function[..1].to_uppercase(), &function[1..]);
            (route["path"].as_str().expect("a path").to_owned(), function)
        })
        .collect();
    assert_eq!(watched, of(&Stack::of(&template(), &WITH_ORDERS)));
}

/// The routes of the template that differ from `openapi.yaml` and from the routers of the functions.
async fn route_faults(template: &Value) -> Vec<String> {
    let stack = Stack::of(template, &WITH_ORDERS);
    let routes = of(&stack);
    let described: BTreeSet<String> =
        Spec::get().operations().iter().map(|operation| operation.full_path()).collect();
    let deployed: BTreeSet<String> = routes.iter().map(|(path, _)| path.clone()).collect();
    let mut faults: Vec<String> = described
        .symmetric_difference(&deployed)
        .map(|path| format!("{path} is in the template or in openapi.yaml, not in both"))
        .collect();
    let server = deployment::local_server().await;
    for (path, function) in &routes {
        let router = latchkey::http::service(deployment::routes_of(function), server.app.clone());
        let request = Request::builder().method("PATCH").uri(path.replace("{id}", "one"));
        let response = router.oneshot(request.body(Body::empty()).expect("a request")).await;
        if response.expect("it answers").status() != 405 {
            faults.push(format!("{function} does not serve {path}"));
        }
    }
    let settings = stack.resource("ApiStage")["Properties"]["RouteSettings"].take();
    for (key, _) in members(&settings) {
        if !deployed.contains(key.trim_start_matches("ANY ")) {
            faults.push(format!("{key} has settings and no route"));
        }
    }
    faults
}

#[tokio::test]
async fn the_api_has_the_routes_of_openapi_yaml_and_of_the_functions() {
    assert_eq!(route_faults(&template()).await, [""; 0]);
    for (pointer, value, expected) in [
        (
            "/Resources/IntrospectRoute",
            Value::Null,
            "/api/auth/introspect is in the template or in openapi.yaml, not in both",
        ),
        (
            "/Resources/RevokeRoute/Properties/RouteKey",
            json!("ANY /api/auth/end"),
            "/api/auth/revoke is in the template or in openapi.yaml, not in both",
        ),
        (
            "/Resources/RevokeRoute/Properties/Target",
            json!("integrations/LoginIntegration"),
            "LoginFunction does not serve /api/auth/revoke",
        ),
        (
            "/Resources/LoginRoute/Properties/RouteKey",
            json!("ANY /api/auth/logins"),
            "ANY /api/auth/login has settings and no route",
        ),
    ] {
        let faults = route_faults(&changed(pointer, value)).await;
        assert!(faults.contains(&expected.to_owned()), "{pointer}: {faults:#?}");
    }
}

/// The throttle of a route, if it has one of its own.
fn throttle(stack: &Stack, path: &str) -> Value {
    let settings = stack.resource("ApiStage")["Properties"]["RouteSettings"][format!("ANY {path}")].take();
    let [rate, burst] = ["ThrottlingRateLimit", "ThrottlingBurstLimit"].map(|name| settings[name].clone());
    assert_eq!(rate, burst, "{path}");
    rate
}

/// Anyone can call them, so that a deployment without such a provider must not have them.
#[test]
fn endpoints_for_orders_need_their_parameter_and_have_a_modest_limit() {
    let without = Stack::of(&template(), &[]);
    let with = Stack::of(&template(), &WITH_ORDERS);
    let more = Stack::of(&template(), &[WITH_ORDERS[0], ("OrdersPerSecond", "500")]);
    for path in ORDERS {
        let route = (path.to_owned(), "RevokeFunction".to_owned());
        assert!(!of(&without).contains(&route) && of(&with).contains(&route), "{path}");
        assert!(throttle(&without, path).is_null(), "{path}: settings without a route fail the deployment");
        assert_eq!(throttle(&with, path), 20, "{path}");
        assert_eq!(throttle(&more, path), "500", "{path}");
    }
    assert_eq!(of(&with).len() - of(&without).len(), ORDERS.len());
    for alarm in ["ProviderOrdersFailedAlarm", "ProviderKeysAlarm"] {
        assert!(without.resource(alarm).is_null() && !with.resource(alarm).is_null(), "{alarm}");
    }
}

/// The settings of a route need the route, so that the stage comes after every route that has some.
#[test]
fn the_stage_waits_for_the_routes_with_settings() {
    for parameters in [&[][..], &WITH_ORDERS] {
        let stack = Stack::of(&template(), parameters);
        let stage = stack.resource("ApiStage");
        let waits = format!("{} {}", stage["DependsOn"], stage["Properties"]["Description"]);
        for name in stack.named("AWS::ApiGatewayV2::Route") {
            let key = stack.resource(&name)["Properties"]["RouteKey"].take();
            let has_settings = !stage["Properties"]["RouteSettings"][key.as_str().expect("a key")].is_null();
            assert!(!has_settings || waits.contains(&name), "{name}");
        }
    }
}
