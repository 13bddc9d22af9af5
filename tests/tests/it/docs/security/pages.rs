//! Reads the claims of the security pages: every row of a table whose last column is "shown by".

use std::path::PathBuf;

/// The status of a row. Tables of attacks have no such column, because a test must show each attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Met,
    NotMet,
    OutOfScope,
    Unknown,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// The name of the page.
    pub(crate) page: String,
    /// The line of the page, from 1.
    pub(crate) line: usize,
    /// The first cell: the number of a requirement, or an attack.
    pub(crate) name: String,
    /// The status.
    pub(crate) status: Status,
    /// The tests in the last cell.
    pub(crate) tests: Vec<String>,
    /// The rest of the last cell.
    pub(crate) says: String,
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page {
    /// The name of the file.
    pub(crate) name: String,
    /// The length of the page.
    pub(crate) lines: usize,
    /// The rows of its tables.
    pub(crate) rows: Vec<Row>,
    /// The requirements in the list under "Requirements that are not met".
    pub(crate) not_met: Vec<String>,
}

/// The folder of the documents.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

impl Page {
    /// Reads SECURITY.md and every page of `docs/security/`.
    pub(crate) fn all() -> Vec<Self> {
        let listed = std::fs::read_dir(folder().join("security")).expect("there are security pages");
        let mut paths: Vec<PathBuf> = listed.map(|file| file.expect("a file").path()).collect();
        paths.push(folder().join("SECURITY.md"));
        paths.sort();
        let read = |path: &PathBuf| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            Self::read(&name, &std::fs::read_to_string(path).expect("it is text"))
        };
        paths.iter().map(read).collect()
    }

    /// Reads one page.
    pub(crate) fn read(name: &str, text: &str) -> Self {
        let (mut rows, mut columns) = (vec![], vec![]);
        for (index, line) in text.lines().enumerate() {
            let Some(cells) = cells(line) else {
                columns.clear();
                continue;
            };
            if columns.is_empty() {
                columns = cells;
            } else if columns.last().is_some_and(|last| last == "shown by") && !line.starts_with("|--") {
                rows.push(row(name, index + 1, &columns, &cells));
            }
        }
        let list =
            text.split("## Requirements that are not met").nth(1).and_then(|rest| rest.split("\n## ").next());
        let items = list.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("- **"));
        let names = items.filter_map(|item| item.split_once("**")).flat_map(|(names, _)| names.split(", "));
        let not_met = names.map(str::to_owned).collect();
        Self { name: name.to_owned(), lines: text.lines().count(), rows, not_met }
    }
}

/// The cells of a table's line.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}

fn row(page: &str, line: usize, columns: &[String], cells: &[String]) -> Row {
    assert_eq!(cells.len(), columns.len(), "{page}:{line}: another number of cells than its table");
    let status = columns.iter().position(|column| column == "status").map(|at| cells[at].as_str());
    let last = cells.last().expect("a row has cells");
    let spans = last.split('`').collect::<Vec<_>>();
    assert!(spans.len() % 2 == 1, "{page}:{line}: a code span has no end");
    let pick = |odd: usize| spans.iter().skip(odd).step_by(2).map(|part| (*part).to_owned());
    Row {
        page: page.to_owned(),
        line,
        name: cells[0].clone(),
        status: match status {
            None | Some("met") => Status::Met,
            Some("not met") => Status::NotMet,
            Some("out of scope") => Status::OutOfScope,
            Some(_) => Status::Unknown,
        },
        tests: pick(1).collect(),
        says: pick(0).collect::<String>().trim_matches([' ', ',', ';']).to_owned(),
    }
}
