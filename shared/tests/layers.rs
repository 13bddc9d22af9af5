//! Does every module import only from the layers below its own? This test reads the imports of `shared/src`.
//!
//! An upward import ties two layers together: neither can then be read, tested or changed alone. A circle of
//! files does the same within a layer. Both fail here, with the line that causes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The top-level modules of the crate, from the top layer to the bottom. A module may import from those
/// after it and from itself.
const LAYERS: [&str; 11] =
    ["lambda", "api", "http", "app", "store", "telemetry", "config", "token", "geoip", "clock", "domain"];

/// Modules that any layer above `domain` may import; they import nothing of ours.
const GROUND: [&str; 1] = ["https"];

/// What domain code must not mention: it takes `now` and values, and performs no I/O.
const FOREIGN_TO_DOMAIN: [&str; 8] =
    ["std::fs", "std::env", "std::net::Tcp", "SystemTime", "Instant::now", "tokio::", "aws_sdk", "axum"];

/// One import: `from` names `target` in `line`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Import {
    from: String,
    target: String,
    line: usize,
}

#[test]
fn every_import_points_down() {
    let upward = upward(&imports_of(&sources()));
    assert!(upward.is_empty(), "imports that point up:\n{}", upward.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let circles = circles(&imports_of(&sources), &sources);
    assert!(circles.is_empty(), "files that import each other in a circle:\n{}", circles.join("\n"));
}

#[test]
fn every_module_of_the_crate_has_its_layer() {
    let known: BTreeSet<&str> = LAYERS.into_iter().chain(GROUND).collect();
    let found: BTreeSet<String> =
        sources().keys().filter_map(|module| module.split("::").next().map(str::to_owned)).collect();
    for module in &found {
        assert!(known.contains(module.as_str()), "src/{module}: add it to LAYERS, where it belongs");
    }
    assert_eq!(found.len(), known.len(), "LAYERS names a module that is gone: {known:?}, found {found:?}");
}

#[test]
fn domain_code_performs_no_io_and_reads_no_clock() {
    for (module, source) in sources().iter().filter(|(module, _)| module.starts_with("domain")) {
        for (number, line) in code_lines(source) {
            for word in FOREIGN_TO_DOMAIN {
                assert!(!line.contains(word), "{module}:{number}: domain code must not use {word}: {line}");
            }
        }
    }
}

#[test]
fn an_upward_import_is_found() {
    let source = "use crate::{\n    domain::time::Timestamp,\n    http::problem::{Code, Problem},\n};\n";
    let made_up = BTreeMap::from([("domain::limit".to_owned(), source.to_owned())]);
    let found = upward(&imports_of(&made_up));
    assert_eq!(
        found,
        ["domain::limit:1 imports http::problem::Code", "domain::limit:1 imports http::problem::Problem"]
    );
    let inline = BTreeMap::from([("store::item".to_owned(), "\nfn f() -> crate::app::App {}\n".to_owned())]);
    assert_eq!(upward(&imports_of(&inline)), ["store::item:2 imports app::App"]);
}

#[test]
fn a_circle_is_found_and_a_test_module_is_not_counted() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let made_up = BTreeMap::from([
        file("token::a", "use super::b::B;"),
        file("token::b", "use crate::token::c::C;"),
        file("token::c", "use super::a::A;"),
        file("token::d", "fn d() {}\n#[cfg(test)]\nmod tests {\n    use crate::token::e::E;\n}"),
        file("token::e", "use crate::token::d::d;"),
    ]);
    let found = circles(&imports_of(&made_up), &made_up);
    assert_eq!(found, ["token::a -> token::b -> token::c -> token::a"]);
}

/// Imports that name a module of a higher layer.
fn upward(imports: &[Import]) -> Vec<String> {
    let rank = |module: &str| {
        let top = module.split("::").next().unwrap_or_default();
        LAYERS.iter().position(|layer| *layer == top)
    };
    let is_upward = |import: &&Import| match (rank(&import.from), rank(&import.target)) {
        (Some(from), Some(target)) => target < from,
        _ => false,
    };
    let shown = |import: &Import| format!("{}:{} imports {}", import.from, import.line, import.target);
    imports.iter().filter(is_upward).map(shown).collect()
}

/// Circles of files, each named once. A parent module that declares its children is no circle: declaring is not
/// importing; but a parent that uses what a child defines while the child uses the parent's would be, and Rust
/// programs do that within one file's family, so that only arrows between different families count.
fn circles(imports: &[Import], sources: &BTreeMap<String, String>) -> Vec<String> {
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in imports {
        let Some(target) = file_of(&import.target, sources) else { continue };
        let is_family = target.starts_with(&format!("{}::", import.from))
            || import.from.starts_with(&format!("{target}::"));
        if target != import.from && !is_family {
            graph.entry(&import.from).or_default().insert(target);
        }
    }
    let mut found = BTreeSet::new();
    for start in graph.keys() {
        let mut path = vec![*start];
        walk(start, &graph, &mut path, &mut BTreeSet::new(), &mut found);
    }
    found.into_iter().collect()
}

fn walk<'a>(
    start: &'a str,
    graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    path: &mut Vec<&'a str>,
    seen: &mut BTreeSet<&'a str>,
    found: &mut BTreeSet<String>,
) {
    let last = *path.last().unwrap_or(&start);
    for next in graph.get(last).into_iter().flatten() {
        if *next == start && path.iter().all(|module| start <= *module) {
            found.insert(format!("{} -> {start}", path.join(" -> ")));
        } else if seen.insert(next) {
            path.push(next);
            walk(start, graph, path, seen, found);
            path.pop();
        }
    }
}

/// The file that holds an imported item: the longest prefix of its path that is a file.
fn file_of<'s>(target: &str, sources: &'s BTreeMap<String, String>) -> Option<&'s str> {
    let mut path = target;
    loop {
        if let Some((module, _)) = sources.get_key_value(path) {
            return Some(module);
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// All imports of all files.
fn imports_of(sources: &BTreeMap<String, String>) -> Vec<Import> {
    sources.iter().flat_map(|(module, source)| imports_in(module, source)).collect()
}

fn imports_in(module: &str, source: &str) -> Vec<Import> {
    let mut imports = vec![];
    let mut statement: Option<(usize, String)> = None;
    for (line, text) in code_lines(source) {
        let (start, joined) = match statement.take() {
            Some((start, before)) => (start, before + text.trim()),
            None => (line, text.trim().to_owned()),
        };
        let is_use = joined.starts_with("use ") || joined.contains(" use ");
        if is_use && !joined.ends_with(';') {
            statement = Some((start, joined));
            continue;
        }
        for target in paths_in(module, &joined) {
            imports.push(Import { from: module.to_owned(), target, line: start });
        }
    }
    imports
}

/// The paths below the crate's root that a line names, braces opened.
fn paths_in(module: &str, line: &str) -> Vec<String> {
    let mut paths = vec![];
    for (start, root) in roots(module, line) {
        let rest = &line[start..];
        let end = end_of_path(rest);
        paths.extend(open_braces(&rest[..end]).into_iter().map(|path| join(&root, &path)));
    }
    paths
}

/// Where a path of ours begins in a line, and what its first words stand for.
fn roots(module: &str, line: &str) -> Vec<(usize, String)> {
    let mut roots = vec![];
    for (index, _) in line.match_indices("crate::") {
        if !line[..index].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            roots.push((index + "crate::".len(), String::new()));
        }
    }
    let mut index = 0;
    while let Some(found) = line[index..].find("super::") {
        let begin = index + found;
        let mut root = module.to_owned();
        let mut after = begin;
        while line[after..].starts_with("super::") {
            root = root.rsplit_once("::").map(|(parent, _)| parent.to_owned()).unwrap_or_default();
            after += "super::".len();
        }
        roots.push((after, root));
        index = after;
    }
    roots
}

fn end_of_path(text: &str) -> usize {
    let mut depth = 0;
    for (index, c) in text.char_indices() {
        match c {
            '{' if depth > 0 || text[..index].ends_with("::") || index == 0 => depth += 1,
            '}' if depth > 0 => depth -= 1,
            c if c.is_alphanumeric() || c == '_' || c == ':' || c == '*' => {}
            ',' | ' ' if depth > 0 => {}
            _ => return index,
        }
    }
    text.len()
}

/// `a::{b, c::{d, self}}` as `a::b`, `a::c::d`, `a::c`.
fn open_braces(path: &str) -> Vec<String> {
    let Some((head, rest)) = path.split_once('{') else { return vec![path.trim().to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let mut parts = vec![];
    let (mut depth, mut begin) = (0, 0);
    for (index, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[begin..index]);
                begin = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[begin..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| open_braces(part.trim()))
        .map(|part| join(head.trim_end_matches("::"), &part))
        .collect()
}

fn join(root: &str, path: &str) -> String {
    let path =
        path.trim_end_matches("::*").trim_end_matches("::self").split(" as ").next().unwrap_or_default();
    match (root, path) {
        ("", path) => path.to_owned(),
        (root, "" | "self" | "*") => root.to_owned(),
        (root, path) => format!("{root}::{path}"),
    }
}

/// The lines of a file that are compiled into the product: no comments, no test module.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Every file of `src` but tests, by its module path.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be listed") {
            let path = entry.expect("src can be listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.strip_prefix(&root).expect("it lies in src").with_extension("");
            let module = module.to_string_lossy().replace(['/', '\\'], "::");
            let is_test = module == "lib" || module.ends_with("tests") || module.ends_with("_test");
            if !is_test {
                sources.insert(module, fs::read_to_string(&path).expect("a source file is text"));
            }
        }
    }
    sources
}
