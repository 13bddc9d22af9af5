//! The targets of the Makefile print each step before it begins, and name everything that is missing before they install
//! anything.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root of the repository")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a script of the repository, with nothing but `path` to find programs in.
fn script(path: &Path, tools: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(path.join("bash"));
    command.current_dir(root()).env_clear().env("PATH", path).env("TOOLS", tools).args(arguments);
    command.output().expect("bash can be started")
}

/// A folder with only these programs of this machine.
fn folder_with(programs: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = std::env::var_os("PATH").expect("a search path");
    for program in programs {
        let found = std::env::split_paths(&path).map(|each| each.join(program)).find(|each| each.exists());
        symlink(found.expect("a usual program"), folder.path().join(program)).expect("a link");
    }
    folder
}

#[test]
fn every_command_of_make_test_is_a_step_that_prints_what_it_does() {
    let mut make = Command::new("make");
    for variable in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"] {
        make.env_remove(variable);
    }
    let output = make.args(["--dry-run", "--always-make", "test"]).current_dir(root()).output();
    let output = output.expect("make can be started");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout).replace("\\\n", " ");
    let commands: Vec<&str> = printed.lines().filter(|line| !line.trim().is_empty()).collect();
    let is_step = |line: &&str| line.starts_with("scripts/step \"");
    // `scripts/tools` prints its own steps.
    let is_quick = |line: &&str| line.starts_with("scripts/tools ") || line.starts_with("touch ");
    assert!(commands.iter().filter(|line| is_step(line)).count() > 20, "{printed}");
    let silent: Vec<_> = commands.iter().filter(|line| !is_step(line) && !is_quick(line)).collect();
    assert!(silent.is_empty(), "make prints nothing while these run: {silent:#?}");
    assert!(commands[0].starts_with("scripts/tools "), "tools are checked first: {}", commands[0]);
}

#[test]
fn a_step_prints_its_title_and_a_failure_with_its_status() {
    let programs = folder_with(&["bash"]);
    let run = |command: &str| {
        script(programs.path(), programs.path(), &["scripts/step", "Units", "bash", "-c", command])
    };
    let done = run("echo works");
    assert!(done.status.success());
    assert_eq!(text(&done.stdout), "==> Units\nworks\n");
    let failed = run("exit 3");
    assert_eq!(failed.status.code(), Some(3));
    assert!(text(&failed.stderr).contains("FAILED") && text(&failed.stderr).contains("exit 3"));
}

#[test]
fn without_apt_get_make_names_all_missing_tools_and_installs_none() {
    let programs = folder_with(&["bash", "sed", "sort", "head", "cut", "dirname"]);
    let tools = programs.path().join("tools");
    let output = script(
        programs.path(),
        &tools,
        &["scripts/tools", "rust", "rust-lints", "cc", "curl", "node", "chromium", "python"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let report = text(&output.stderr);
    for hint in [
        "There is no apt-get here",
        "https://rustup.rs",
        "brew install curl node python",
        "xcode-select --install",
        "brew install --cask chromium",
        "dnf install gcc glibc-devel curl nodejs npm chromium python3",
    ] {
        assert!(report.contains(hint), "{hint} is missing in:\n{report}");
    }
    assert!(!fs::exists(&tools).expect("a readable folder"), "something was installed");
}

#[test]
fn a_missing_firefox_or_webkit_is_reported_and_an_error_in_ci_only() {
    let programs = folder_with(&["bash", "sed", "sort", "head", "cut", "dirname"]);
    let find = |ci: &[(&str, &str)]| {
        let mut command = Command::new(programs.path().join("bash"));
        command.current_dir(root()).env_clear().env("PATH", programs.path()).envs(ci.iter().copied());
        command.args(["scripts/tools", "firefox", "webkit"]).output().expect("bash can be started")
    };
    let developer = find(&[]);
    assert!(developer.status.success(), "{}", text(&developer.stderr));
    let report = text(&developer.stdout);
    for browser in ["Firefox", "WebKitGTK"] {
        let is_reported = report.lines().any(|line| line.contains("skipped") && line.contains(browser));
        assert!(is_reported, "{browser} is not in:\n{report}");
    }
    let ci = find(&[("CI", "true")]);
    assert_eq!(ci.status.code(), Some(1));
    assert!(text(&ci.stderr).contains("brew install --cask firefox"), "{}", text(&ci.stderr));
}
