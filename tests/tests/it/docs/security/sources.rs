//! Collects the names of all tests: the functions of the Rust sources with a test attribute, and the titles of the
//! client's tests.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// The folders with Rust tests.
const FOLDERS: [&str; 7] = [
    "shared/src",
    "shared/tests",
    "verifier/src",
    "verifier/tests/verifier",
    "local/src",
    "tests/src",
    "tests/tests/it",
];

/// The names of all tests. A Rust test has its module: `refresh::reuse::a_grandparent_is_reuse_even_within_grace`.
pub(crate) struct Tests(Vec<String>);

impl Tests {
    /// Reads the sources.
    pub(crate) fn of_the_sources() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut names = vec![];
        for folder in FOLDERS {
            for path in files(&root.join(folder), &["rs"]) {
                let module = path.strip_prefix(root.join(folder)).expect("it lies there").with_extension("");
                let module = module.to_string_lossy().replace('/', "::");
                let text = read_to_string(&path).expect("a source is text");
                names.extend(functions(&text).map(|name| format!("{module}::{name}")));
            }
        }
        for folder in ["client/test", "client/browser"] {
            for path in files(&root.join(folder), &["ts", "tsx", "mjs"]) {
                names.extend(titles(&read_to_string(&path).expect("a source is text")));
            }
        }
        assert!(names.len() > 900, "only {} tests were found", names.len());
        Self(names)
    }

    /// How many tests have a name: a title, or a function's name with or without its module.
    pub(crate) fn count(&self, name: &str) -> usize {
        let end = format!("::{name}");
        let is_it = |test: &&String| {
            if name.contains("::") { *test == name } else { *test == name || test.ends_with(&end) }
        };
        self.0.iter().filter(is_it).count()
    }
}

/// The source files that no `mod` line includes: the compiler ignores them, so their tests do not run.
pub(crate) fn files_outside_the_module_tree() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let sources = FOLDERS.iter().flat_map(|folder| files(&root.join(folder), &["rs"]));
    sources.filter(|path| !is_root(path) && !is_declared(path)).collect()
}

/// The first file of a library or of a binary.
fn is_root(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    path.ends_with("lib.rs")
        || path.ends_with("main.rs")
        || folder.is_some_and(|name| name == "bin" || name == "tests")
}

/// Whether the file of the module above has a `mod` line for this one.
fn is_declared(path: &Path) -> bool {
    let folder = path.parent().expect("a file is in a folder");
    let line = format!("mod {};", path.file_stem().expect("a file has a name").to_string_lossy());
    let parents = [folder.with_extension("rs"), folder.join("lib.rs"), folder.join("main.rs")];
    parents
        .iter()
        .filter_map(|parent| read_to_string(parent).ok())
        .any(|text| text.lines().any(|own| own == line || own.ends_with(&format!(" {line}"))))
}

/// Every file below a folder with one of these endings.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).expect("there is such a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
            found.push(path);
        }
    }
    found
}

/// The names of functions with a test attribute and without `ignore`.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let starts = (0..lines.len()).filter({
        let lines = lines.clone();
        move |at| lines[*at] == "#[test]" || lines[*at].starts_with("#[tokio::test")
    });
    starts.filter_map(move |at| {
        let behind =
            lines[at + 1..].iter().skip_while(|line| line.starts_with("#[") && !line.contains("ignore"));
        let name = behind.copied().next()?.trim_start_matches("async ").strip_prefix("fn ")?;
        name.split('(').next()
    })
}

/// The titles of Vitest's and Node's tests.
fn titles(text: &str) -> Vec<String> {
    let calls =
        text.lines().map(str::trim).filter(|line| line.starts_with("test(") || line.starts_with("test.each"));
    let title = |line: &str| {
        let rest = match line.strip_prefix("test(") {
            Some(rest) => rest,
            None => line.split_once(")(")?.1,
        };
        let quote = rest.chars().next().filter(|quote| ['\'', '"', '`'].contains(quote))?;
        rest[1..].split(quote).next().map(str::to_owned)
    };
    calls.filter_map(title).collect()
}
