//! The dev controls and faults of docs/laptop.md exist, and its settings are the local server's.

use std::process::Command;

use latchkey_tests::world::{CHROME, FIREFOX};

use super::readme::Server;

const PAGE: &str = include_str!("../../../../docs/laptop.md");

/// The texts in code of the first column of the table that begins with this heading.
fn first_column(heading: &str) -> Vec<&'static str> {
    let table = PAGE.split_once(heading).unwrap_or_else(|| panic!("no table {heading}")).1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// The status of a POST to a control.
fn post(server: &Server, path: &str, body: &str) -> String {
    let url = format!("{}{path}", server.1);
    let json = ["-H", "content-type: application/json", "-d", body];
    let status = ["-s", "-o", "/dev/null", "-w", "%{http_code}"];
    let run = Command::new("curl").args(status).args(json).arg(url).output().expect("curl runs");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// Signs alice in twice, the second time from a new device, about which there is a link.
fn new_sign_in(server: &Server) {
    for agent in [CHROME, FIREFOX] {
        let call = |path: &str, body: &str| {
            let url = format!("{}{path}", server.1);
            let json = ["-s", "-A", agent, "-H", "content-type: application/json", "-d", body];
            let run = Command::new("curl").args(json).arg(url).output().expect("curl runs");
            serde_json::from_slice::<serde_json::Value>(&run.stdout).expect("JSON")
        };
        let made = call("/dev/assertion", r#"{"sub":"alice"}"#);
        let body = serde_json::json!({"assertion": made["assertion"], "delivery": "body"});
        assert!(call("/api/auth/login", &body.to_string())["session_id"].is_string());
    }
}

#[test]
fn every_dev_control_of_the_laptop_page_works_as_written() {
    let server = Server::start();
    let controls = first_column("| control | effect |");
    let posts: Vec<(&str, &str)> =
        controls.iter().filter_map(|control| control.strip_prefix("POST ")?.split_once(' ')).collect();
    assert_eq!(posts.len(), 5, "{controls:?}");
    new_sign_in(&server);
    for (path, body) in posts {
        assert_eq!(post(&server, path, body), "200", "{path} {body}");
    }
    assert_eq!(post(&server, "/dev/fault", r#"{"count":0}"#), "200");
    let clock = r#"{"advance_seconds":-3600}"#;
    assert_eq!(post(&server, "/dev/clock", clock), "200");
}

#[test]
fn every_fault_of_the_laptop_page_exists() {
    let server = Server::start();
    let kinds = first_column("| `kind` | effect on the next calls |");
    assert_eq!(kinds.len(), 9, "{kinds:?}");
    for kind in kinds {
        let body = format!(r#"{{"kind":"{kind}","count":1}}"#);
        assert_eq!(post(&server, "/dev/fault", &body), "200", "{kind}");
    }
    assert_eq!(post(&server, "/dev/fault", r#"{"kind":"another","count":1}"#), "400");
}

#[test]
fn the_options_of_the_laptop_page_are_those_of_the_program() {
    let help = Command::new(latchkey_tests::binary::built("latchkey-local")).arg("--help").output();
    let help = String::from_utf8(help.expect("it runs").stdout).expect("text");
    let options = first_column("| `target/debug/latchkey-local` | |");
    for option in &options {
        let word = option.split(' ').next().expect("a split has a first part");
        assert!(help.contains(word), "{option}");
    }
    for line in help.lines().map(str::trim).filter(|line| line.starts_with("--")) {
        let option = line.split(' ').next().expect("a split has a first part");
        assert!(options.iter().any(|own| own.starts_with(option)), "the page does not list {option}");
    }
}
