//! What the README promises a newcomer works, word for word.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use latchkey_tests::binary::built;

struct Server(Child, String);

impl Server {
    fn start() -> Self {
        let mut command = Command::new(built("latchkey-local"));
        let mut child = command
            .args(["--memory", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output is piped"))
            .read_line(&mut line)
            .expect("it says something");
        let address = line.trim().strip_prefix("listening on ").expect("it says where it listens").to_owned();
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
fn the_readme_leads_from_sign_in_to_a_refused_token() {
    let readme = include_str!("../../README.md");
    let block = readme.split("```sh\n").find(|block| block.starts_with("API=")).expect("the curl block");
    let block = block.split("```").next().unwrap();
    let server = Server::start();
    let script = block.replace("http://127.0.0.1:9000", &server.1);
    assert_ne!(script, block, "the block must use the server's address");
    let run = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().unwrap();
    let shown = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{shown}\n{}", String::from_utf8_lossy(&run.stderr));
    let lines: Vec<&str> = shown.lines().collect();
    let session = lines[0].strip_prefix("signed in:  ").unwrap();
    assert_eq!(lines[1].strip_prefix("refreshed:  "), Some(session), "{shown}");
    assert!(lines[2].contains(session) && lines[2].contains("\"is_current\":true"), "{shown}");
    assert!(lines[3].contains("\"ended\":1"), "{shown}");
    assert!(lines[4].contains("\"session_ended\"") && lines[4].contains("\"signed_out\""), "{shown}");
}

#[test]
fn the_readme_names_both_commands_and_every_document() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains("make run") && readme.contains("make test"));
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.starts_with("http")) {
        let path = format!("{}/../{link}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).exists(), "{link}");
    }
}
