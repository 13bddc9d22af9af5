//! The path of a binary of this workspace. Builds the binary if it is missing or old.
//!
//! Cargo sets the paths of binaries only for tests of the same package.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The path of the up-to-date debug build of `name` (`latchkey-local`, `login`, `refresh`, ..), or of the program of that name in
/// the folder `LATCHKEY_FUNCTIONS`, which `make arm64` sets.
///
/// # Panics
/// If the workspace does not build.
pub fn built(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("LATCHKEY_FUNCTIONS") {
        return Path::new(&folder).join(name);
    }
    static BUILD: Once = Once::new();
    BUILD.call_once(build);
    // target/<profile>/deps/<this test>
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests run from target/<profile>/deps");
    let path = profile.join(name);
    assert!(path.exists(), "no binary {name} beside the tests");
    path
}

/// `make test` builds the binaries first and sets the variable. Otherwise each test process checks them.
fn build() {
    if std::env::var_os("LATCHKEY_BINARIES_BUILT").is_some() {
        return;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--bins"])
        .current_dir(workspace)
        .status();
    assert!(status.expect("cargo runs").success(), "the workspace does not build");
}
