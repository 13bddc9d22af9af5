//! The layers of the source code: a module imports only from the layers below its own.
//!
//! An upward import ties two layers together: neither can then be read, tested or changed alone. Modules that import
//! each other in a circle have the same fault within a layer. This test reads the paths in the source files that
//! begin with `crate::` or `super::`, and names the line of every path that breaks a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The top-level modules of the crate, from the top layer to the bottom. A module may import from the modules after
/// it.
const LAYERS: [&str; 13] = [
    "lambda",
    "api",
    "http",
    "app",
    "store",
    "telemetry",
    "config",
    "token",
    "aws",
    "geoip",
    "clock",
    "https",
    "domain",
];

/// Names that belong to some layers alone. No other file may contain them.
const RESERVED: [(&str, &[&str]); 4] = [
    ("StatusCode", &["http"]),
    ("axum::", &["lambda", "api", "http"]),
    ("lambda_http", &["lambda", "http"]),
    ("aws_sdk_dynamodb", &["lambda", "store"]),
];

/// Names that domain code must not contain, because it takes `now` and values and performs no I/O.
const FOREIGN_TO_DOMAIN: [&str; 8] = [
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "std::process",
    "SystemTime",
    "Instant::now",
    "tokio::",
    "aws_sdk",
];

/// Text through which a file could use a module without a path that this test can read.
const HIDING: [&str; 4] = ["#[path", "include!(", "extern crate", "macro_rules!"];

/// The file `from` names `target` in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Import {
    from: String,
    target: String,
    line: usize,
}

/// The text of each source file by its module path, such as `store::item`.
type Sources = BTreeMap<String, String>;

#[test]
fn every_import_points_down() {
    let upward = upward(&imports_of(&sources("src")));
    assert!(upward.is_empty(), "imports that point up:\n{}", upward.join("\n"));
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    for folder in ["src", "../verifier/src", "../local/src", "../tests/src"] {
        let sources = sources(folder);
        assert!(!sources.is_empty(), "{folder} has no source files");
        let circles = circles(&imports_of(&sources), &sources);
        assert!(circles.is_empty(), "modules of {folder} that import each other:\n{}", circles.join("\n"));
    }
}

#[test]
fn every_module_of_the_crate_has_its_layer() {
    let known: BTreeSet<String> = LAYERS.into_iter().map(str::to_owned).collect();
    let found: BTreeSet<String> = sources("src").keys().map(|module| top(module).to_owned()).collect();
    assert_eq!(found, known, "LAYERS must name the files and folders of src, and no others");
}

#[test]
fn each_layer_alone_uses_what_is_reserved_for_it() {
    let misplaced = misplaced(&sources("src"));
    assert!(misplaced.is_empty(), "names outside of their layer:\n{}", misplaced.join("\n"));
}

#[test]
fn domain_code_performs_no_io_and_reads_no_clock() {
    for (module, source) in sources("src").iter().filter(|(module, _)| top(module) == "domain") {
        for (number, line) in code_lines(source) {
            for word in FOREIGN_TO_DOMAIN {
                assert!(!line.contains(word), "{module}:{number}: domain code must not use {word}: {line}");
            }
        }
    }
}

#[test]
fn no_file_hides_an_import_from_this_test() {
    for (module, source) in &sources("src") {
        for (number, line) in code_lines(source) {
            for text in HIDING {
                assert!(!line.contains(text), "{module}:{number}: this test cannot read {text}: {line}");
            }
            let is_inline_module = line.ends_with('{') && visible(line).starts_with("mod ");
            assert!(!is_inline_module, "{module}:{number}: give the module a file of its own: {line}");
        }
    }
}

#[test]
fn an_upward_import_is_found_in_every_form() {
    let cases = [
        ("store::item", "use crate::api::login;", "api::login"),
        ("store::item", "pub use crate::api::login;", "api::login"),
        ("store::item", "pub(crate) use crate::api::login;", "api::login"),
        ("store::item", "use crate::{api::login as other, domain::id};", "api::login"),
        (
            "store::item",
            "use crate::{\n    domain::{\n        id, // an id\n    },\n    api::{self},\n};",
            "api",
        ),
        ("store::item", "use super::super::api::login;", "api::login"),
        ("store::item", "use super::super::{api, domain};", "api"),
        ("store::item", "fn f() {\n    use super::super::{\n        api::login,\n    };\n}", "api::login"),
        ("clock", "use super::{domain, http::{problem, csrf}};", "http::problem"),
        ("clock", "use super::http;", "http"),
        ("store::item", "fn f() -> crate::app::App {}", "app::App"),
        ("store::item", "fn f() { show!(1, $crate::app::App) }", "app::App"),
        ("store::item", "#[serde(with = \"crate::http::etag\")]", "http::etag"),
        ("store::item", "#[cfg(test)]\nmod tests;\nuse crate::app::App;", "app::App"),
        ("store::item", "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\nuse crate::app::App;", "app::App"),
        ("store::item", "use crate::*;", "the whole crate"),
        ("store::item", "use crate as latchkey;", "the whole crate"),
        ("store::item", "use super::super::*;", "the whole crate"),
        ("clock", "use super::*;", "the whole crate"),
    ];
    for (module, source, expected) in cases {
        let found = upward(&imports_of(&one_file(module, source)));
        assert!(
            found.iter().any(|import| import.ends_with(&format!(" imports {expected}"))),
            "{source}: {found:?}"
        );
    }
}

#[test]
fn an_import_of_a_lower_layer_or_of_a_test_is_allowed() {
    let cases = [
        ("app::refresh", "use crate::store::{Store, StoreError};"),
        ("app::refresh", "// use crate::http::problem::Problem;\n/// See [`crate::http::problem`]."),
        ("app::refresh", "use super::App;\nuse super::super::domain::id;"),
        ("app::refresh", "#[cfg(test)]\nmod tests {\n    use crate::http::problem::Problem;\n}"),
        ("app::refresh", "#[cfg(test)]\nuse crate::http::problem::Problem;"),
    ];
    for (module, source) in cases {
        assert_eq!(upward(&imports_of(&one_file(module, source))), [""; 0], "{source}");
    }
}

#[test]
fn a_circle_is_found_between_files_and_between_folders() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let files = Sources::from([
        file("token::a", "use super::b::B;"),
        file("token::b", "use crate::token::c::C;"),
        file("token::c", "use super::a::A;"),
        file("token::d", "fn d() {}\n#[cfg(test)]\nmod tests {\n    use crate::token::e::E;\n}"),
        file("token::e", "use crate::token::d::d;"),
    ]);
    let found = circles(&imports_of(&files), &files);
    assert_eq!(found, ["token::a -> token::b -> token::c -> token::a"]);
    let folders = Sources::from([
        file("store::a", "use super::b::one::B;"),
        file("store::b", "pub mod one;\npub mod two;"),
        file("store::b::one", "use super::two::Two;"),
        file("store::b::two", "use crate::store::a::A;\nuse super::one::B;"),
    ]);
    let found = circles(&imports_of(&folders), &folders);
    assert_eq!(
        found,
        ["store::a -> store::b -> store::a", "store::b::one -> store::b::two -> store::b::one"]
    );
}

#[test]
fn a_reserved_name_is_found_outside_of_its_layer() {
    let source = "use http::StatusCode;\n#[cfg(test)]\nmod tests {\n    use axum::body::Body;\n}";
    assert_eq!(
        misplaced(&one_file("app::refresh", source)),
        ["app::refresh:1 uses StatusCode: only http may"]
    );
    assert_eq!(misplaced(&one_file("http::code", source)), [""; 0]);
}

fn one_file(module: &str, source: &str) -> Sources {
    Sources::from([(module.to_owned(), source.to_owned())])
}

/// The top-level module of a path: its layer.
fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// Imports that name a module of a higher layer, or all modules at once.
fn upward(imports: &[Import]) -> Vec<String> {
    let rank = |module: &str| LAYERS.iter().position(|layer| *layer == top(module));
    let is_upward = |import: &&Import| match (rank(&import.from), rank(&import.target)) {
        _ if import.target.is_empty() => true,
        (Some(from), Some(target)) => target < from,
        _ => false,
    };
    let shown = |import: &Import| {
        let target = if import.target.is_empty() { "the whole crate" } else { &import.target };
        format!("{}:{} imports {target}", import.from, import.line)
    };
    imports.iter().filter(is_upward).map(shown).collect()
}

/// Lines with a name that is reserved for other layers.
fn misplaced(sources: &Sources) -> Vec<String> {
    let mut found = vec![];
    for (module, source) in sources {
        for (number, line) in code_lines(source) {
            for (name, layers) in RESERVED {
                if line.contains(name) && !layers.contains(&top(module)) {
                    found.push(format!("{module}:{number} uses {name}: only {} may", layers.join(", ")));
                }
            }
        }
    }
    found
}

/// Circles of sibling modules, each named once. An import counts for the two siblings above which the paths of both
/// files are the same: when `store::a` imports `store::b::one`, then `a` depends on `b`. An import between a module
/// and its own submodules counts for nothing, because the two are one family of files.
fn circles(imports: &[Import], sources: &Sources) -> Vec<String> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for import in imports {
        let siblings = file_of(&import.target, sources).and_then(|target| siblings(&import.from, target));
        if let Some((from, target)) = siblings {
            graph.entry(from).or_default().insert(target);
        }
    }
    let mut found = BTreeSet::new();
    for start in graph.keys() {
        walk(start, &graph, &mut vec![start], &mut BTreeSet::new(), &mut found);
    }
    found.into_iter().collect()
}

/// The ancestors of two modules that have the same parent; none when one module contains the other.
fn siblings(from: &str, target: &str) -> Option<(String, String)> {
    let (from, target): (Vec<&str>, Vec<&str>) = (from.split("::").collect(), target.split("::").collect());
    let depth = from.iter().zip(&target).position(|(one, other)| one != other)?;
    Some((from[..=depth].join("::"), target[..=depth].join("::")))
}

fn walk<'a>(
    start: &'a str,
    graph: &'a BTreeMap<String, BTreeSet<String>>,
    path: &mut Vec<&'a str>,
    seen: &mut BTreeSet<&'a str>,
    found: &mut BTreeSet<String>,
) {
    let last = *path.last().unwrap_or(&start);
    for next in graph.get(last).into_iter().flatten() {
        if next == start && path.iter().all(|module| start <= *module) {
            found.insert(format!("{} -> {start}", path.join(" -> ")));
        } else if seen.insert(next) {
            path.push(next);
            walk(start, graph, path, seen, found);
            path.pop();
        }
    }
}

/// The file that defines an imported item: the longest prefix of its path that is a file.
fn file_of<'s>(target: &str, sources: &'s Sources) -> Option<&'s str> {
    let mut path = target;
    loop {
        if let Some((module, _)) = sources.get_key_value(path) {
            return Some(module);
        }
        path = path.rsplit_once("::")?.0;
    }
}

fn imports_of(sources: &Sources) -> Vec<Import> {
    sources.iter().flat_map(|(module, source)| imports_in(module, source)).collect()
}

/// The imports of one file. A `use` that goes over several lines counts for its first line.
fn imports_in(module: &str, source: &str) -> Vec<Import> {
    let mut imports = vec![];
    let mut statement: Option<(usize, String)> = None;
    for (line, text) in code_lines(source) {
        let (start, joined) = match statement.take() {
            Some((start, before)) => (start, before + text.trim()),
            None => (line, text.trim().to_owned()),
        };
        if visible(&joined).starts_with("use ") && !joined.ends_with(';') {
            statement = Some((start, joined));
            continue;
        }
        for target in paths_in(module, &joined) {
            imports.push(Import { from: module.to_owned(), target, line: start });
        }
    }
    imports
}

/// An item without `pub`, `pub(crate)` and the like in front of it.
fn visible(item: &str) -> &str {
    let item = item.trim_start();
    let Some(rest) = item.strip_prefix("pub") else { return item };
    let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
    rest.trim_start()
}

/// The paths of the crate in one line, from its root and without braces. An empty path is the root itself.
fn paths_in(module: &str, line: &str) -> Vec<String> {
    let mut paths = vec![];
    if visible(line).starts_with("use crate as ") {
        paths.push(String::new());
    }
    for (start, root) in roots(module, line) {
        let rest = &line[start..];
        let end = end_of_path(rest);
        paths.extend(open_braces(&rest[..end]).into_iter().map(|path| join(&root, &path)));
    }
    paths
}

/// Where a path of the crate begins in a line, after `crate::` or `super::`, and the module that it begins in.
fn roots(module: &str, line: &str) -> Vec<(usize, String)> {
    let begins_word =
        |index: usize| !line[..index].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let mut roots = vec![];
    for (index, word) in line.match_indices("crate::") {
        if begins_word(index) {
            roots.push((index + word.len(), String::new()));
        }
    }
    for (index, _) in line.match_indices("super::").filter(|(index, _)| begins_word(*index)) {
        let (mut root, mut rest) = (module, &line[index..]);
        while let Some(after) = rest.strip_prefix("super::") {
            root = root.rsplit_once("::").map_or("", |(parent, _)| parent);
            rest = after;
        }
        roots.push((line.len() - rest.len(), root.to_owned()));
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
        (root, "" | "self" | "*") => root.to_owned(),
        ("", path) => path.to_owned(),
        (root, path) => format!("{root}::{path}"),
    }
}

/// The lines of a file that are compiled into the product, with their numbers: no comments and no items for tests.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut test_item: Option<&str> = None;
    source
        .lines()
        .enumerate()
        .filter(move |(_, line)| {
            let indent = &line[..line.len() - line.trim_start().len()];
            match test_item {
                // The item ends with `;`, or with a brace below its first letter.
                Some(begin) => {
                    let is_end = begin == indent && (line.ends_with(';') || line.trim() == "}");
                    if is_end {
                        test_item = None;
                    }
                    false
                }
                None if line.trim() == "#[cfg(test)]" => {
                    test_item = Some(indent);
                    false
                }
                None => !line.trim_start().starts_with("//"),
            }
        })
        .map(|(index, line)| (index + 1, line.split(" // ").next().unwrap_or_default().trim_end()))
}

/// The source files of a folder, which is relative to this crate, without files of tests.
fn sources(folder: &str) -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut sources = Sources::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.strip_prefix(&root).expect("the file is in the folder").with_extension("");
            let module = module.to_string_lossy().replace(['/', '\\'], "::");
            let is_test = module.ends_with("tests") || module.ends_with("_test");
            let is_root = module == "lib" || module == "main";
            if path.extension().is_some_and(|extension| extension == "rs") && !is_test && !is_root {
                sources.insert(module, fs::read_to_string(&path).expect("a source file is text"));
            }
        }
    }
    sources
}
