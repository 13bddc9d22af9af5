//! "Why was I signed out?" lists every reason as the API returns it and every text as the account page shows it.

use std::fs;
use std::path::Path;

use latchkey::domain::session::end::EndReason;
use serde_json::json;

/// The rows of "Why was I signed out?": the quoted texts, the public reason, the exact reasons.
fn reasons() -> Vec<[String; 3]> {
    let page = include_str!("../../../../docs/signed-out.md");
    let table =
        page.split("\n\n").find(|part| part.starts_with("| the account page shows")).expect("a table");
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        <[&str; 3]>::try_from(cells).expect("three columns").map(str::to_owned)
    };
    table.lines().skip(2).map(row).collect()
}

/// The words that `cell` puts between `quote`s.
fn quoted(cell: &str, quote: char) -> Vec<&str> {
    cell.split(quote).skip(1).step_by(2).collect()
}

#[test]
fn every_reason_of_an_end_has_its_public_reason_in_the_documentation() {
    let mut missing: Vec<&str> = EndReason::ALL.iter().map(|reason| reason.as_str()).collect();
    for [_, public, exact] in reasons() {
        for name in quoted(&exact, '`') {
            let reason = EndReason::parse(name).unwrap_or_else(|| panic!("there is no reason {name}"));
            assert_eq!(json!(reason.public()), quoted(&public, '`')[0], "{name}");
            missing.retain(|other| *other != name);
        }
    }
    assert_eq!(missing, [""; 0], "these reasons are not explained");
}

#[test]
fn the_documentation_quotes_the_account_page_word_for_word() {
    let mut texts = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../client/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts += &fs::read_to_string(&path).expect("a source file");
            }
        }
    }
    let mut count = 0;
    for [shown, ..] in reasons() {
        for quote in quoted(&shown, '"') {
            // Three dots in a quoted text stand for a value.
            for part in quote.split('…') {
                assert!(texts.contains(part), "the account page does not show: {part}");
            }
            count += 1;
        }
    }
    assert!(count > 5, "only {count} texts were found");
}
