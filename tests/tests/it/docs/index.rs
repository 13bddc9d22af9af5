//! docs/README.md is an index of all pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The Markdown files below a folder, relative to `docs`.
fn pages(docs: &Path, folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| match path.extension() {
            _ if path.is_dir() => pages(docs, &path),
            Some(extension) if extension == "md" => {
                vec![path.strip_prefix(docs).expect("it lies below docs").to_owned()]
            }
            _ => vec![],
        })
        .collect()
}

/// Readers do not find a page that the index does not list, and a page that it lists twice belongs to two topics.
#[test]
fn the_index_lists_every_page_of_the_documentation_once() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let index = fs::read_to_string(docs.join("README.md")).expect("the index");
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    for target in index.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        *listed.entry(target).or_default() += 1;
    }
    let pages = pages(&docs, &docs);
    assert!(pages.len() > 25, "only {} pages were found", pages.len());
    for page in pages.iter().filter(|page| *page != Path::new("README.md")) {
        let page = page.to_str().expect("a file name in UTF-8");
        assert_eq!(listed.get(page), Some(&1), "docs/README.md must list {page} once");
    }
}

/// A reader chooses a page by its description, so every line has one.
#[test]
fn each_line_of_the_index_describes_its_page() {
    let index = include_str!("../../../../docs/README.md").replace("\n  ", " ");
    let lines = index.lines().filter(|line| line.starts_with("- ["));
    for line in lines {
        let said = line.split_once("): ").map(|(_, said)| said).unwrap_or_default();
        assert!(said.len() > 20 && said.ends_with('.'), "{line}");
    }
}
