//! Hostile user agents and headers are shortened and cleaned, stay in one log line, and make no refresh more expensive.

use http::HeaderValue;
use latchkey_tests::world::{Tokens, World};

/// Hostile user agents of every kind and of growing length.
fn agents() -> impl Iterator<Item = Vec<u8>> {
    let seeds: [&[u8]; 8] = [
        b"Mozilla/5.0 (",
        b"Chrome/999999999999999999999999.0 ",
        "\u{2028}\u{2029}\u{feff}\u{202e}Safari ".as_bytes(),
        b"\xff\xfe\x80\xc3\x28 ",
        b"\"}{\"event\":\"login.ok\",\"x\":\" ",
        b"\x1b[2J\t",
        "\u{1f512}".as_bytes(),
        b"a|b,c;d=e/f(g) ",
    ];
    (0..1_000).map(move |number| {
        let length = [1, 40, 63, 64, 65, 512, 2_000, 7_900][number % 8];
        let seed = seeds[(number / 8) % 8];
        seed.iter().copied().cycle().take(length).filter(|byte| *byte >= b' ' || *byte == b'\t').collect()
    })
}

#[tokio::test]
async fn hostile_agents_keep_the_session_row_under_one_kilobyte() {
    let world = World::with(&[("LIMIT_REFRESH", "2000/1h"), ("RISK_RULES", "device_changed=record")]).await;
    let device = world.device().at("2001:db8:1234:5678:9abc:def0:1234:5678");
    let mut tokens = device.sign_in(&"é".repeat(64)).await;
    let user = "é".repeat(64);
    let mut most = 0;
    for agent in agents() {
        let value = HeaderValue::from_bytes(&agent).expect("a legal header value");
        let reply = device.clone().no_agent().raw_header("user-agent", value).refresh(&tokens.refresh).await;
        tokens = Tokens::of(reply.assert_status(200));
        let row = world.raw_row(&user, &tokens.session).await.expect("the row");
        most = most.max(size(&row));
        let kept = row.get("u").and_then(|agent| agent.as_s().ok()).cloned().unwrap_or_default();
        assert!(kept.len() <= 64 && !kept.chars().any(char::is_control), "{kept:?}");
    }
    assert!(most < 1_024, "{most} bytes");
    let usage = &world.server.stats.snapshot().dynamodb["UpdateItem"];
    assert!(usage.calls >= 1_000);
    let list = device.list(&tokens.access).await;
    let shown = list.assert_status(200).body["sessions"][0].to_string();
    assert!(!shown.chars().any(char::is_control), "{shown}");
}

/// A row's size by DynamoDB's rules: names and strings as UTF-8, numbers as one byte for two digits and one more.
fn size(row: &latchkey_tests::world::RawRow) -> usize {
    use aws_sdk_dynamodb::types::AttributeValue as Value;
    fn of(value: &Value) -> usize {
        match value {
            Value::S(text) => text.len(),
            Value::N(digits) => digits.len().div_ceil(2) + 1,
            Value::B(bytes) => bytes.as_ref().len(),
            Value::L(list) => 3 + list.iter().map(|entry| 1 + of(entry)).sum::<usize>(),
            other => panic!("a row has no value like {other:?}"),
        }
    }
    row.iter().map(|(name, value)| name.len() + of(value)).sum()
}

#[tokio::test]
async fn forged_location_headers_are_ignored() {
    let world = World::new().await;
    let device = world
        .device()
        .header("cloudfront-viewer-country", "PT")
        .header("cloudfront-viewer-address", "203.0.113.66:1")
        .header("x-latchkey-origin-secret", "a-guess-that-is-wrong")
        .header("x-forwarded-for", "203.0.113.66");
    let tokens = device.sign_in("alice").await;
    let session = device.list(&tokens.access).await.body["sessions"][0].clone();
    assert!(session["location"].is_null(), "{session}");
    assert!(session["ip_address"].as_str().is_some_and(|ip| ip.starts_with("198.18.")), "{session}");
}
