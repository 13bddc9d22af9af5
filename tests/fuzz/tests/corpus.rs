//! Checks the properties with the stored inputs of the fuzzer, on a stable compiler.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use latchkey_fuzz::TARGETS;

/// The size of the largest stored input, in bytes.
const MAX_BYTES: u64 = 4_096;

/// The number of stored inputs that a target may have.
const MAX_INPUTS: usize = 64;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("the folder can be listed").path());
    entries
        .map(|path| path.file_stem().expect("a path in a folder has a name").to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_stored_input_keeps_the_property_of_its_target() {
    for (name, target) in TARGETS {
        let corpus = folder("corpus").join(name);
        for file in names(&corpus) {
            let bytes = fs::read(corpus.join(&file)).expect("the file can be read");
            let held = std::panic::catch_unwind(|| target(&bytes));
            assert!(held.is_ok(), "{name}/{file}");
        }
    }
}

#[test]
fn every_target_has_a_program_and_a_small_corpus() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("fuzz_targets")), known);
    assert_eq!(names(&folder("corpus")), known);
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("the manifest can be read");
    for name in &known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is missing in the manifest");
        let corpus = folder("corpus").join(name);
        let count = names(&corpus).len();
        assert!((1..=MAX_INPUTS).contains(&count), "{name} has {count} inputs");
        for entry in fs::read_dir(&corpus).expect("the folder can be listed") {
            let entry = entry.expect("the folder can be listed");
            assert!(
                entry.metadata().expect("the file can be read").len() <= MAX_BYTES,
                "{:?} is too large",
                entry.path()
            );
        }
    }
}

#[test]
fn no_stored_input_is_a_genuine_token() {
    use latchkey_fuzz::genuine::{ACCESS, ASSERTION, REFRESH};
    for (name, _) in TARGETS {
        let corpus = folder("corpus").join(name);
        for file in names(&corpus) {
            let bytes = fs::read(corpus.join(&file)).expect("the file can be read");
            let text = String::from_utf8_lossy(&bytes);
            for token in [&*ACCESS, &*REFRESH, &*ASSERTION] {
                assert!(!text.contains(token.as_str()), "{name}/{file}");
            }
        }
    }
}
