//! The table of docs/hosts-and-cookies.md has the cookies as the server sets them.

use latchkey_tests::world::World;
use serde_json::json;

/// The texts in code of a cell of the table of cookies.
fn cell(row: &str, column: usize) -> Vec<&'static str> {
    let page = include_str!("../../../../docs/hosts-and-cookies.md");
    let start = format!("| {row} |");
    let line = page.lines().find(|line| line.starts_with(&start)).expect("a row of the table");
    let cell = line.split('|').nth(column + 1).expect("a cell");
    cell.split('`').skip(1).step_by(2).collect()
}

#[tokio::test]
async fn the_table_of_cookies_has_the_names_and_attributes_of_a_sign_in() {
    let world = World::with(&[("COOKIE_SECURE", "true")]).await;
    let body = json!({"assertion": world.assertion("alice")});
    let reply = world.device().post("/api/auth/login", body).await;
    reply.assert_status(201);
    for column in [1, 2] {
        let name = cell("name", column)[0];
        let line = reply.cookie_line(name).unwrap_or_else(|| panic!("no cookie {name}"));
        let attributes = cell("attributes", column);
        assert_eq!(attributes.len(), 4, "{attributes:?}");
        for attribute in attributes {
            assert!(line.split("; ").any(|own| own == attribute), "{name}: {attribute} is not in its line");
        }
        assert!(!line.contains("Domain"), "{name} belongs to one host");
    }
}
