//! docs/glossary.md names things that exist: each row ends with a name and the file that has it.

use std::fs;
use std::path::Path;

#[test]
fn every_name_in_the_glossary_is_in_the_file_beside_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/glossary.md")).expect("the glossary");
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains("` in `"));
    let mut count = 0;
    for row in rows {
        let last = row.trim_end_matches(['|', ' ']).rsplit('|').next().expect("a row has cells");
        let [name, file] = last.split('`').skip(1).step_by(2).collect::<Vec<_>>()[..] else {
            panic!("expected a name and a file: {row}");
        };
        let source = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let is_there = source.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        assert!(is_there, "{file} has no {name}");
        count += 1;
    }
    assert!(count > 20, "only {count} rows were found");
}
