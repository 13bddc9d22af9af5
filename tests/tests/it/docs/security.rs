//! Does a test show every claim of the security pages? Each row with the status "met" names tests that exist, each row with
//! the status "not met" is listed in SECURITY.md, and no requirement of the standard is missing.

mod pages;
mod sources;

use std::collections::BTreeSet;
use std::path::PathBuf;

use pages::{Page, Row, Status};
use sources::{Tests, files_outside_the_module_tree};

/// The sections of OWASP ASVS 5.0 that the page covers completely, with the number of their requirements.
const ASVS: [(&str, u32); 27] = [
    ("3.1", 1),
    ("3.2", 3),
    ("3.3", 5),
    ("3.4", 8),
    ("3.5", 8),
    ("3.6", 1),
    ("3.7", 5),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 3),
    ("7.6", 2),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 3),
    ("10.3", 5),
    ("10.4", 16),
    ("10.5", 5),
    ("10.6", 2),
    ("10.7", 3),
    ("16.1", 1),
    ("16.2", 5),
    ("16.3", 4),
    ("16.4", 3),
    ("16.5", 4),
];

/// The faults of a row.
fn faults(row: &Row, tests: &Tests) -> Vec<String> {
    let at = format!("{}:{}: {}", row.page, row.line, row.name);
    let mut faults = vec![];
    if row.status == Status::Unknown {
        faults.push(format!("{at}: the status is none of ours"));
    }
    if row.status == Status::Met && row.tests.is_empty() {
        faults.push(format!("{at}: is met, and no test shows it"));
    }
    if row.status != Status::Met && row.says.is_empty() {
        faults.push(format!("{at}: says no reason"));
    }
    for name in &row.tests {
        match tests.count(name) {
            0 => faults.push(format!("{at}: no test is called {name}")),
            1 => {}
            many => faults.push(format!("{at}: {many} tests are called {name}")),
        }
    }
    faults
}

#[test]
fn every_met_row_names_tests_that_exist() {
    let (pages, tests) = (Page::all(), Tests::of_the_sources());
    let rows: Vec<&Row> = pages.iter().flat_map(|page| &page.rows).collect();
    assert!(rows.len() > 150, "only {} rows were read", rows.len());
    let faults: Vec<String> = rows.iter().flat_map(|row| faults(row, &tests)).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Names of tests outside of the tables: words of lower-case letters with at least four underscores.
#[test]
fn every_test_named_in_the_text_of_the_pages_exists() {
    let tests = Tests::of_the_sources();
    let mut count = 0;
    for page in ["SECURITY.md", "security/rfcs.md", "security/attacks.md"] {
        let text = std::fs::read_to_string(pages::folder().join(page)).expect("the page");
        let prose = text.lines().filter(|line| !line.starts_with('|'));
        let words = prose.flat_map(|line| line.split(|c: char| !c.is_ascii_lowercase() && c != '_'));
        for name in words.filter(|word| word.matches('_').count() >= 4) {
            assert!(tests.count(name) > 0, "docs/{page}: no test is called {name}");
            count += 1;
        }
    }
    assert!(count >= 4, "only {count} names were found");
}

// Without this check, a test in a file that is never compiled would count as a test that exists.
#[test]
fn every_source_file_belongs_to_a_module_tree() {
    assert_eq!(files_outside_the_module_tree(), Vec::<PathBuf>::new());
}

#[test]
fn every_unmet_row_is_listed_in_security_md() {
    let pages = Page::all();
    let rows = pages.iter().flat_map(|page| &page.rows);
    let does_not: BTreeSet<&str> =
        rows.filter(|row| row.status == Status::NotMet).map(|row| row.name.as_str()).collect();
    let entry = pages.iter().find(|page| page.name == "SECURITY.md").expect("there is an entry");
    let told: BTreeSet<&str> = entry.not_met.iter().map(String::as_str).collect();
    assert_eq!(told, does_not);
}

#[test]
fn every_requirement_of_the_chapters_is_answered_once() {
    let pages = Page::all();
    let page = pages.iter().find(|page| page.name == "asvs.md").expect("there is a page for ASVS");
    let names: Vec<&str> = page.rows.iter().map(|row| row.name.as_str()).collect();
    let requirements =
        ASVS.iter().flat_map(|(section, count)| (1..=*count).map(move |row| format!("{section}.{row}")));
    for requirement in requirements {
        let answers = names.iter().filter(|name| **name == requirement).count();
        assert_eq!(answers, 1, "{requirement} is answered {answers} times");
    }
    let distinct: BTreeSet<&&str> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "a requirement is answered twice");
}

#[test]
fn every_page_is_reached_from_the_entry_and_fits_its_limit() {
    let entry = std::fs::read_to_string(pages::folder().join("SECURITY.md")).expect("there is an entry");
    for page in Page::all() {
        assert!(page.lines <= 240, "{} has {} lines", page.name, page.lines);
        let linked = page.name == "SECURITY.md" || entry.contains(&format!("(security/{})", page.name));
        assert!(linked, "SECURITY.md does not link to {}", page.name);
    }
}

#[test]
fn the_check_reports_claims_without_a_test() {
    let tests = Tests::of_the_sources();
    let faults_of = |row: &str| {
        let text = format!("| row | asks for | status | shown by |\n|---|---|---|---|\n{row}\n");
        let page = Page::read("x.md", &text);
        assert_eq!(page.rows.len(), 1, "{row}");
        faults(&page.rows[0], &tests)
    };
    let good = "`a_token_reused_after_grace_ends_its_session_and_no_other`";
    for fine in [
        format!("| 1 | x | met | {good} |"),
        format!("| 1 | x | met | at once: {good}, {good} |"),
        "| 1 | x | met | `refresh::reuse::a_grandparent_is_reuse_even_within_grace` |".to_owned(),
        "| 1 | x | met | `a script is shown as text` |".to_owned(),
        "| 1 | x | out of scope | there is no page |".to_owned(),
    ] {
        assert_eq!(faults_of(&fine), [""; 0], "{fine}");
    }
    for (wrong, fault) in [
        (
            "| 1 | x | met | `a_test_that_nobody_wrote` |".to_owned(),
            "no test is called a_test_that_nobody_wrote",
        ),
        ("| 1 | x | met | `a script is shown` |".to_owned(), "no test is called a script is shown"),
        (
            "| 1 | x | met | `a_steady_trickle_under_the_rate_is_never_refused` |".to_owned(),
            "tests are called",
        ),
        (
            "| 1 | x | met | `revoke::a_grandparent_is_reuse_even_within_grace` |".to_owned(),
            "no test is called",
        ),
        // A function without a test attribute.
        ("| 1 | x | met | `assert_theft_ended` |".to_owned(), "no test is called"),
        ("| 1 | x | met | believe us |".to_owned(), "no test shows it"),
        (format!("| 1 | x | partly | {good} |"), "the status is none of ours"),
        ("| 1 | x | not met | |".to_owned(), "says no reason"),
    ] {
        let found = faults_of(&wrong);
        assert!(found.iter().any(|found| found.contains(fault)), "{wrong}: {found:?}");
    }
    let attack = Page::read(
        "x.md",
        "| attack | what happens | shown by |\n|---|---|---|\n| theft | it ends | a promise |\n",
    );
    assert_eq!(faults(&attack.rows[0], &tests).len(), 1, "an attack without a test");
}
