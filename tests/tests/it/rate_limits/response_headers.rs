//! The headers of a limited response, read by a structured-fields parser that is not ours.

use latchkey_tests::world::{Reply, World};
use sfv::{BareItem, Item, List, ListEntry, Parser};

/// The one member of a header: its name and its whole-number parameters.
fn member(reply: &Reply, header: &str) -> (String, Vec<(String, i64)>) {
    let list: List = Parser::new(reply.header(header)).parse().expect("a structured list");
    let [ListEntry::Item(Item { bare_item: BareItem::String(name), params })] = list.as_slice() else {
        panic!("{header}: {list:?}");
    };
    let number = |item: &BareItem| i64::from(item.as_integer().expect("a whole number"));
    let params = params.iter().map(|(key, value)| (key.as_str().to_owned(), number(value))).collect();
    (name.as_str().to_owned(), params)
}

fn pairs(values: &[(&str, i64)]) -> Vec<(String, i64)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

#[tokio::test]
async fn a_limited_response_has_its_policy_and_the_remaining_quota() {
    let world = World::with(&[("LIMIT_GENERAL", "2/15m"), ("LIMIT_REFRESH", "2/5m/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for left in [1, 0] {
        let reply = device.list(&tokens.access).await;
        assert_eq!(member(&reply, "ratelimit-policy"), ("general".into(), pairs(&[("q", 2), ("w", 900)])));
        assert_eq!(member(&reply, "ratelimit").1[0], ("r".to_owned(), left));
        assert_eq!(reply.header("retry-after"), "");
    }
    let refused = device.list(&tokens.access).await;
    refused.assert_problem(429, "rate_limited");
    let retry_after: i64 = refused.header("retry-after").parse().expect("seconds");
    assert_eq!(member(&refused, "ratelimit-policy"), ("general".into(), pairs(&[("q", 2), ("w", 900)])));
    let state = member(&refused, "ratelimit");
    assert_eq!(
        state,
        ("general".into(), pairs(&[("r", 0), ("t", retry_after)])),
        "t must not be after Retry-After"
    );
    assert_eq!(
        (&refused.body["policy"], &refused.body["retry_after"]),
        (&"general".into(), &retry_after.into())
    );
    let refreshed = device.refresh(&tokens.refresh).await;
    assert_eq!(member(&refreshed, "ratelimit-policy"), ("refresh".into(), pairs(&[("q", 2), ("w", 300)])));
}
