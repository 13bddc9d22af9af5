//! The paths and methods of the file are those of the router.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey_tests::openapi::Spec;
use latchkey_tests::world::World;

/// Every path in a `.route(` call of the endpoints.
fn routes_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the endpoints have a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            routes_in(&path, found);
            continue;
        }
        let code = std::fs::read_to_string(&path).expect("code is text");
        let routes = code.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1));
        found.extend(routes.map(str::to_owned));
    }
}

#[test]
fn every_route_in_the_code_is_a_path_of_the_file() {
    let mut found = BTreeSet::new();
    routes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/src/api"), &mut found);
    assert!(found.len() >= 10, "the routes are found: {found:?}");
    let documented = Spec::get().operations().into_iter().map(|operation| operation.full_path());
    assert_eq!(found, documented.collect());
}

#[tokio::test]
async fn every_path_takes_the_methods_of_the_file_and_no_other() {
    let world = World::new().await;
    let device = world.device();
    let paths: BTreeSet<String> =
        Spec::get().operations().iter().map(|operation| operation.full_path()).collect();
    for path in paths {
        let path = path.replace("{id}", "01930b5e-3c00-7abc-8def-0123456789ab");
        // The device compares the response and its `Allow` header with the file.
        let refused = device.send("PROPFIND", &path, None, "").await;
        refused.assert_problem(405, "method_not_allowed");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let documented = Spec::get().methods_at(&path).iter().any(|operation| operation.method == method);
            let reply = device.send(method, &path, None, "").await;
            assert_eq!(reply.status != 405, documented, "{method} {path}");
        }
    }
}
