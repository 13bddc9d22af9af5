//! The shell blocks of the documentation work as they are written.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use latchkey_tests::binary::built;

/// A new local server and its address.
pub(super) struct Server(Child, pub(super) String);

impl Server {
    pub(super) fn start() -> Self {
        let mut command = Command::new(built("latchkey-local"));
        let mut child = command
            .args(["--memory", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output is piped"))
            .read_line(&mut line)
            .expect("it prints a line");
        let address = line.trim().strip_prefix("listening on ").expect("the line has the address").to_owned();
        Self(child, address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_laptop_page_leads_from_sign_in_to_a_refused_token() {
    let shown = run_block_of(include_str!("../../../../docs/laptop.md"));
    let lines: Vec<&str> = shown.lines().collect();
    let session = lines[0].strip_prefix("signed in:  ").unwrap();
    assert_eq!(lines[1].strip_prefix("refreshed:  "), Some(session), "{shown}");
    assert!(lines[2].contains(session) && lines[2].contains("\"is_current\":true"), "{shown}");
    assert!(lines[3].contains("\"ended\":1"), "{shown}");
    assert!(lines[4].contains("\"session_ended\"") && lines[4].contains("\"signed_out\""), "{shown}");
}

#[test]
fn the_emergency_commands_end_one_session_one_user_and_all_users() {
    let shown = run_block_of(include_str!("../../../../docs/revoking.md"));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].contains("\"ended\":1") && lines[1].contains("\"ended\":1"), "{shown}");
    for word in [
        "odd place",
        "stolen laptop",
        "\"by\":{\"kind\":\"admin\",\"id\":\"root\"}",
        "\"tokens_valid_after\":\"2",
    ] {
        assert!(lines[2].contains(word), "{word}: {shown}");
    }
    assert!(lines[3].contains("\"effective_at\":\"2"), "{shown}");
}

#[test]
fn the_fleet_commands_find_and_end_an_attack_in_under_a_minute() {
    let began = std::time::Instant::now();
    let shown = run_block_of(include_str!("../../../../docs/fleet.md"));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].contains("\"blocked\"") && lines[0].contains("\"203.0.113.66\""), "{shown}");
    assert!(lines[1].contains("\"paul\"") && lines[1].contains("\"mary\""), "{shown}");
    assert!(lines[2].contains("\"preview\":true") && lines[2].contains("\"sessions\":2"), "{shown}");
    assert!(lines[3].contains("\"preview\":false") && lines[3].contains("\"sessions\":2"), "{shown}");
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn the_limits_block_counts_an_attempt_and_clears_it() {
    let shown = run_block_of(include_str!("../../../../docs/limits.md"));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].contains("\"remaining\":4") && lines[1].contains("\"remaining\":5"), "{shown}");
}

/// The output of the curl block of a document, run against a fresh server.
fn run_block_of(document: &str) -> String {
    let block = document.split("```sh\n").find(|block| block.starts_with("API=")).expect("the curl block");
    let block = block.split("```").next().expect("the block ends");
    let server = Server::start();
    let script = block.replace("http://127.0.0.1:9000", &server.1);
    assert_ne!(script, block, "the block must use the server's address");
    let run = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().expect("bash runs");
    let shown = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{shown}\n{}", String::from_utf8_lossy(&run.stderr));
    shown
}

#[test]
fn the_readme_names_both_commands() {
    let readme = include_str!("../../../../README.md");
    assert!(readme.contains("make run") && readme.contains("make test"));
}

/// Two parts of the price are in the README, and the sum in two sentences.
#[test]
fn the_readme_splits_the_price_as_the_page_of_costs_does() {
    let readme = include_str!("../../../../README.md");
    let costs = include_str!("../../../../docs/cost.md");
    let row = costs.lines().find(|line| line.starts_with("| refresh |")).expect("the row of a refresh");
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let (gateway, dynamodb, sum) = (cells[4], cells[5], cells[9]);
    assert!(readme.contains(&format!("${gateway} is API Gateway and ${dynamodb} DynamoDB")), "{row}");
    let prices: Vec<&str> = readme.split("million refreshes cost $").skip(1).collect();
    assert!(
        prices.iter().all(|price| price.starts_with(sum)),
        "the page states one price for the same deployment: {prices:?}"
    );
}
