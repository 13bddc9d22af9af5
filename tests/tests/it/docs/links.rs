//! What the pages point to is there.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the crate is in a workspace")
}

/// README, CHANGELOG and everything under docs/.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The targets of `[text](target)` and `![text](target)` that lie in this repository.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.starts_with('#'))
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for link in links(&text) {
            let file = link.split('#').next().expect("a split has a first part");
            let target = page.parent().expect("a page lies in a folder").join(file);
            assert!(target.exists(), "{}: {link}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} links were found");
}

/// A page that nothing points to is read by nobody.
#[test]
fn every_page_is_pointed_to() {
    let texts: Vec<(PathBuf, String)> =
        pages().into_iter().map(|page| (page.clone(), fs::read_to_string(page).expect("a page"))).collect();
    for (page, _) in &texts {
        let name = page.file_name().expect("a name").to_string_lossy().into_owned();
        let folder =
            page.parent().and_then(Path::file_name).expect("a folder").to_string_lossy().into_owned();
        let is_entry = ["README.md", "CHANGELOG.md"].contains(&name.as_str()) || folder == "decisions";
        let is_linked = texts.iter().any(|(other, text)| {
            other != page
                && links(text).any(|link| link.split('#').next().is_some_and(|link| link.ends_with(&name)))
        });
        assert!(is_entry || is_linked, "nothing points to {name}");
    }
}
