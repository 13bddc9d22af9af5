//! Events as NDJSON and CSV.

use serde_json::Value;

use super::{EVENTS, administrator, each, generous, store_events};

#[tokio::test]
async fn an_export_has_the_events_of_the_json_page_and_its_cursor() {
    let world = generous(&[]).await;
    world.without_stream().await;
    store_events(&world, "alice", 30).await;
    let admin = administrator(&world).await;
    let path = format!("{EVENTS}?severity=critical&limit=20");
    let page = admin.get(&path).await;
    let ids = each(&page.assert_status(200).body, "events", "event_id");
    let cursor = page.text("next_cursor");

    let lines = admin.clone().header("accept", "application/x-ndjson").get(&path).await;
    assert_eq!(lines.assert_status(200).header("content-type"), "application/x-ndjson");
    assert_eq!(lines.header("next-cursor"), cursor);
    assert!(lines.headers.contains_key("ratelimit"));
    let text = lines.body.as_str().expect("text");
    let parsed: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(Value::from(parsed), page.body["events"]);

    let table = admin.clone().header("accept", "text/csv").get(&path).await;
    assert!(table.assert_status(200).header("content-type").starts_with("text/csv"));
    assert_eq!(table.header("next-cursor"), cursor);
    let rows: Vec<&str> = table.body.as_str().expect("text").split("\r\n").collect();
    assert!(rows[0].starts_with("event_id,created_at,event_type,severity,user_id,"));
    let of_rows: Vec<String> =
        rows[1..=20].iter().filter_map(|row| row.split(',').next()).map(str::to_owned).collect();
    assert_eq!((of_rows, rows.len()), (ids, 22));

    let last = format!("{path}&cursor={cursor}");
    let last = admin.clone().header("accept", "text/csv").get(&last).await;
    assert_eq!(last.assert_status(200).body.as_str().map(|text| text.lines().count()), Some(11));
}

/// A user id of the identity provider and a device name are chosen by users.
#[tokio::test]
async fn no_cell_of_a_table_is_a_formula_or_breaks_its_row() {
    let world = generous(&[]).await;
    let formula = "=HYPERLINK(\"https://evil.example\",\"x\")";
    world.device().agent("=cmd|'/c calc'!A1/1").sign_in(formula).await;
    let admin = administrator(&world).await;
    let table = admin.header("accept", "text/csv").get(&format!("{EVENTS}?type=login")).await;
    let text = table.assert_status(200).body.as_str().expect("text").to_owned();
    let row = text.lines().find(|row| row.contains("HYPERLINK")).expect("the sign-in");
    assert!(row.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"x\"\")\","), "{row}");
    assert!(!row.contains(",=") && !row.contains(",\"="), "{row}");
}
