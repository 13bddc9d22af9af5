//! docs/api.md has every call of openapi.yaml, and no other.

use std::collections::BTreeSet;

/// `GET /sessions` and the like, from the lines of a path and its methods.
fn calls_of_the_contract() -> BTreeSet<String> {
    let mut path = "";
    let mut calls = BTreeSet::new();
    // Webhooks are calls of Latchkey and not of its clients.
    let file = include_str!("../../../../openapi.yaml").lines().take_while(|line| *line != "webhooks:");
    for line in file {
        if let Some(found) = line.strip_prefix("  /") {
            path = found.trim_end_matches(':');
        }
        let method = line.strip_prefix("    ").and_then(|rest| rest.strip_suffix(':'));
        if let Some(method) = method.filter(|method| ["get", "post", "delete"].contains(method)) {
            calls.insert(format!("{} /{}", method.to_uppercase(), path.trim_start_matches("api/auth/")));
        }
    }
    calls
}

#[test]
fn the_table_of_requests_has_those_of_openapi_yaml() {
    let page = include_str!("../../../../docs/api.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let in_code = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let calls =
        in_code.filter(|code| ["GET /", "POST /", "DELETE /"].iter().any(|verb| code.starts_with(verb)));
    let listed: BTreeSet<String> = calls.filter(|call| !call.contains('?')).map(str::to_owned).collect();
    let contract: BTreeSet<String> = calls_of_the_contract();
    assert!(contract.len() > 10, "{contract:?}");
    let also: BTreeSet<String> =
        page.matches("`DELETE /sessions?scope=others`").map(|_| "DELETE /sessions".to_owned()).collect();
    assert_eq!(listed.union(&also).cloned().collect::<BTreeSet<_>>(), contract);
}
