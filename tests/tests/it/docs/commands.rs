//! Commands for AWS work when they are copied: each one names the Region.

use super::links::pages;

/// The code spans and lines of code of a page.
fn code(page: &str) -> Vec<&str> {
    let mut is_block = false;
    page.lines()
        .flat_map(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_block ^= is_fence;
            if is_block || is_fence { vec![line] } else { line.split('`').skip(1).step_by(2).collect() }
        })
        .collect()
}

/// The commands that call AWS without naming the Region. Signing in and printing credentials need none.
fn without_region(page: &str) -> Vec<&str> {
    let calls = |code: &&str| ["aws ", "sam deploy "].iter().any(|name| code.contains(name));
    let needs_none = |code: &&str| ["aws sso login", "aws configure "].iter().any(|name| code.contains(name));
    let names_it = |code: &&str| code.contains("--region \"$AWS_REGION\"");
    code(page).into_iter().filter(|code| calls(code) && !needs_none(code) && !names_it(code)).collect()
}

#[test]
fn every_command_for_aws_names_the_region() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        assert_eq!(without_region(&text), [""; 0], "{}", page.display());
    }
    let page = "Run `aws sqs list-queues`.\n```sh\nsam deploy --config-env prod\naws sso login\n```\n";
    assert_eq!(without_region(page), ["aws sqs list-queues", "sam deploy --config-env prod"]);
}
