//! docs/ARCHITECTURE.md and docs/glossary.md name files, functions and layers that exist.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).expect("the page")
}

/// The file or folder that a page names: from the root of the repository or, for the server, from `shared/src`.
fn named(path: &str) -> Option<PathBuf> {
    [root().join(path), root().join("shared/src").join(path)].into_iter().find(|path| path.exists())
}

/// The words in backticks, outside of code blocks.
fn spans(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

fn is_path(span: &str) -> bool {
    let is_plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let has_ending = [".rs", ".ts", ".py", ".yaml", ".md", ".toml"].iter().any(|end| span.ends_with(end));
    is_plain && !span.starts_with('/') && (has_ending || span.ends_with('/'))
}

/// Every "`name` in `file`" of a page.
fn names_in_files(page: &str) -> Vec<(&str, &str)> {
    let pair = |(at, _): (usize, &str)| {
        let name = page[..at].rsplit('`').next()?;
        let file = page[at + "` in `".len()..].split('`').next()?;
        Some((name, file))
    };
    page.match_indices("` in `").filter_map(pair).collect()
}

#[test]
fn every_file_on_the_page_about_the_architecture_exists() {
    let page = page("ARCHITECTURE.md");
    let paths: Vec<&str> = spans(&page).into_iter().filter(|span| is_path(span)).collect();
    assert!(paths.len() > 100, "only {} paths were found", paths.len());
    let missing: Vec<&str> = paths.into_iter().filter(|path| named(path).is_none()).collect();
    assert_eq!(missing, [""; 0], "docs/ARCHITECTURE.md names files that do not exist");
}

#[test]
fn every_name_is_in_the_file_beside_it() {
    for name in ["ARCHITECTURE.md", "glossary.md"] {
        // A line break between the two is a blank.
        let page = page(name).split_whitespace().collect::<Vec<_>>().join(" ");
        let pairs = names_in_files(&page);
        assert!(pairs.len() > 20, "docs/{name}: only {} names were found", pairs.len());
        let is_there = |(item, file): &(&str, &str)| {
            let source = named(file).and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
            source.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *item)
        };
        let missing: Vec<_> = pairs.into_iter().filter(|pair| !is_there(pair)).collect();
        assert!(missing.is_empty(), "docs/{name} names what is not in the file beside it: {missing:?}");
    }
}

#[test]
fn the_picture_has_the_layers_in_the_order_that_the_imports_are_held_to() {
    let test = fs::read_to_string(root().join("shared/tests/layers.rs")).expect("the test of the layers");
    let list = test.split("const LAYERS").nth(1).and_then(|rest| rest.split("];").next()).expect("a list");
    let layers: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let page = page("ARCHITECTURE.md");
    let picture = page.split("```").nth(1).expect("a picture");
    let first_words = picture.lines().filter_map(|line| line.split_whitespace().next());
    let shown: Vec<&str> =
        first_words.map(|word| word.trim_end_matches('/')).filter(|word| layers.contains(word)).collect();
    assert_eq!(shown, layers);
}
