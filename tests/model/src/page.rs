//! Writes results into `docs/refresh.md`, between the markers of their block.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// A file or folder in `docs/`.
pub fn docs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(path)
}

/// Replaces the lines between `<!-- name -->` and `<!-- until here -->`.
///
/// # Errors
/// When the page cannot be read or written, or has no such block.
pub fn replace_block(name: &str, text: &str) -> io::Result<()> {
    let (path, start, end) = (docs("refresh.md"), format!("<!-- {name} -->\n"), "<!-- until here -->");
    let page = fs::read_to_string(&path)?;
    let missing = || io::Error::other(format!("docs/refresh.md has no block {name}"));
    let (before, rest) = page.split_once(&start).ok_or_else(missing)?;
    let (_, after) = rest.split_once(end).ok_or_else(missing)?;
    fs::write(path, format!("{before}{start}\n{}\n\n{end}{after}", text.trim()))
}

/// A number with a comma between the thousands.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
