//! Checks the same properties with the inputs that the fuzzer found worth keeping, on a stable compiler.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use latchkey_fuzz::TARGETS;

/// The longest file that is kept, in bytes.
const LONGEST: u64 = 4_096;

/// The most files that a target keeps.
const MOST: usize = 64;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

#[test]
fn every_kept_input_keeps_the_promise_of_its_target() {
    for (name, target) in TARGETS {
        let kept = folder("corpus").join(name);
        for file in names(&kept) {
            let bytes = fs::read(kept.join(&file)).expect("a file");
            let held = std::panic::catch_unwind(|| target(&bytes));
            assert!(held.is_ok(), "{name}/{file}");
        }
    }
}

#[test]
fn every_target_has_its_program_and_a_small_corpus() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("fuzz_targets")), known);
    assert_eq!(names(&folder("corpus")), known);
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("a manifest");
    for name in &known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no program of the manifest");
        let kept = folder("corpus").join(name);
        let count = names(&kept).len();
        assert!((1..=MOST).contains(&count), "{name} keeps {count}");
        for entry in fs::read_dir(&kept).expect("a folder") {
            let entry = entry.expect("an entry");
            assert!(entry.metadata().expect("a file").len() <= LONGEST, "{:?} is long", entry.path());
        }
    }
}

#[test]
fn no_kept_input_is_a_genuine_token() {
    use latchkey_fuzz::genuine::{ACCESS, ASSERTION, REFRESH};
    for (name, _) in TARGETS {
        let kept = folder("corpus").join(name);
        for file in names(&kept) {
            let bytes = fs::read(kept.join(&file)).expect("a file");
            let text = String::from_utf8_lossy(&bytes);
            for token in [&*ACCESS, &*REFRESH, &*ASSERTION] {
                assert!(!text.contains(token.as_str()), "{name}/{file}");
            }
        }
    }
}
