//! A client's location comes from CloudFront, proved by the secret header, or from a database. Otherwise it is unknown.

use latchkey_tests::world::{BERLIN, LISBON, ORIGIN_SECRET, SAO_PAULO, World};
use serde_json::{Value, json};

#[tokio::test]
async fn viewer_headers_set_the_location_if_the_secret_is_present() {
    let world = World::behind_cloudfront(&[]).await;
    let device = world.device().in_city(BERLIN);
    let tokens = device.sign_in("alice").await;
    let session = device.list(&tokens.access).await.body["sessions"][0].clone();
    assert_eq!(session["ip_address"], "198.51.100.7");
    let expected =
        json!({"country": "DE", "region": null, "city": "Berlin", "latitude": 52.52, "longitude": 13.4});
    assert_eq!(session["location"], expected);
}

#[tokio::test]
async fn viewer_headers_without_the_secret_are_ignored() {
    let world = World::new().await;
    let device = world.device().at("198.51.100.200").header("cloudfront-viewer-country", "US");
    let device =
        device.header("cloudfront-viewer-address", "203.0.113.1:1").header("x-forwarded-for", "203.0.113.2");
    let tokens = device.sign_in("alice").await;
    let session = device.list(&tokens.access).await.body["sessions"][0].clone();
    assert_eq!((&session["ip_address"], &session["location"]), (&json!("198.51.100.200"), &Value::Null));
}

#[tokio::test]
async fn a_request_that_bypasses_cloudfront_is_refused_everywhere() {
    let world = World::behind_cloudfront(&[]).await;
    let wrong = [None, Some("an-origin-secret-of-testz"), Some(""), Some("an-origin-secret-of-test")];
    for secret in wrong {
        let device =
            secret.into_iter().fold(world.device(), |d, secret| d.header("x-latchkey-origin-secret", secret));
        for (method, path) in
            [("POST", "/api/auth/login"), ("GET", "/api/auth/sessions"), ("GET", "/api/auth/nowhere")]
        {
            let reply = device.send(method, path, Some("application/json"), "{}").await;
            assert_eq!((reply.status.as_u16(), reply.code()), (403, "origin_rejected"), "{secret:?} {path}");
        }
    }
    assert_eq!(world.server.stats.total().calls, 0);
}

#[tokio::test]
async fn both_secrets_are_accepted_during_their_rotation() {
    let secrets = format!("{ORIGIN_SECRET},the-next-origin-secret");
    let world = World::with(&[("CLOUDFRONT_ORIGIN_SECRET", &secrets)]).await;
    for secret in [ORIGIN_SECRET, "the-next-origin-secret"] {
        let device = world.device().header("x-latchkey-origin-secret", secret);
        assert_eq!(device.get("/api/auth/refresh").await.status, 200, "{secret}");
    }
}

#[tokio::test]
async fn a_session_has_its_latest_location() {
    let world = World::behind_cloudfront(&[]).await;
    let tokens = world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(86_400);
    let abroad = world.device().in_city(LISBON);
    let reply = abroad.refresh(&tokens.refresh).await;
    let list = abroad.list(&reply.text("access_token")).await;
    assert_eq!(list.body["sessions"][0]["location"]["city"], "Lisbon");
}

#[tokio::test]
async fn the_name_of_a_city_is_shown_without_percent_escapes() {
    let world = World::behind_cloudfront(&[]).await;
    let device = world.device().in_city(SAO_PAULO);
    let tokens = device.sign_in("alice").await;
    let session = device.list(&tokens.access).await.body["sessions"][0].clone();
    assert_eq!(session["location"]["city"], "S\u{e3}o Paulo");
}

#[tokio::test]
async fn a_long_or_malformed_name_of_a_city_is_cut_between_characters_and_escapes() {
    let world = World::behind_cloudfront(&[]).await;
    for padding in 0..3 {
        let padding = "x".repeat(padding);
        for (unit, whole) in [("%C3%A3", "\u{e3}"), ("%E3", "%E3")] {
            let city = format!("{padding}{}", unit.repeat(60));
            let headers = [
                ("x-latchkey-origin-secret", ORIGIN_SECRET),
                ("cloudfront-viewer-address", "198.51.100.7:46532"),
                ("cloudfront-viewer-city", &city),
            ];
            let device =
                headers.into_iter().fold(world.device(), |device, (name, value)| device.header(name, value));
            let tokens = device.sign_in("alice").await;
            let session = device.list(&tokens.access).await.body["sessions"][0].clone();
            let city = session["location"]["city"].as_str().unwrap().to_owned();
            let shown = city.strip_prefix(&padding).unwrap();
            assert!(shown.len() > 30 && shown.replace(whole, "").is_empty(), "{city}");
        }
    }
}
