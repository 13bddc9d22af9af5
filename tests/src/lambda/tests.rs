//! These tests use bash as the function. Without arguments it runs the file in `BASH_ENV`, so that no binary must be
//! built first. On a machine without bash, these tests pass without a check.

use std::{io::Write, path::Path, time::Duration};

use serde_json::json;
use tempfile::NamedTempFile;
use tokio::time::timeout;

use super::{Failure, Function, FunctionError, RuntimeApi, function_name};

const BASH: &str = "/bin/bash";

/// A function that runs the commands in its environment (`INIT`) and in its events (`do`).
/// It uses HTTP/1.0, where the end of the connection ends a response.
const FUNCTION: &str = r#"
call() { # METHOD PATH BODY
  exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
  printf '%s /2018-06-01/runtime/%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' "$1" "$2" "${#3}" "$3" >&3
  cat <&3
}
reply() { call POST "invocation/$id/$1" "$2" >/dev/null; }

case $INIT in
  error) call POST init/error '{"errorType":"Config","errorMessage":"no keys"}' >/dev/null; exit 1 ;;
  exit) echo 'no keys' >&2; exit 3 ;;
  hang) echo 'thinking'; exec sleep 60 ;;
esac
while event=$(call GET invocation/next) && [[ $event =~ request-id:\ ([0-9a-f-]+) ]]; do
  id=${BASH_REMATCH[1]}
  case $event in
    *'"do":"echo"'*) echo 'to stdout'; echo 'to stderr' >&2; reply response "${event##*$'\r\n\r\n'}" ;;
    *'"do":"count headers"'*) reply response "$(grep -c '^lambda-runtime-' <<<"$event")" ;;
    *'"do":"list variables"'*) reply response "\"$(compgen -e | tr '\n' ' ')\"" ;;
    *'"do":"fail"'*) reply error '{"errorType":"Oops","errorMessage":"it broke"}' ;;
    *'"do":"babble"'*) reply response 'not json' ;;
    *'"do":"linger"'*) reply response '"left"'; exec sleep 60 ;;
    *'"do":"exit"'*) echo 'going'; exit 7 ;;
    *'"do":"hang"'*) echo 'thinking'; exec sleep 60 ;;
  esac
done
"#;

/// Starts the bash function with the command `init`. Returns none on a machine without bash.
async fn start(init: &str) -> Option<Result<Function, FunctionError>> {
    if !Path::new(BASH).exists() {
        return None;
    }
    let mut script = NamedTempFile::new().expect("a temporary file");
    script.write_all(FUNCTION.as_bytes()).expect("a temporary file takes what is written");
    let env = [("BASH_ENV", script.path().as_os_str()), ("INIT", init.as_ref())];
    let api = RuntimeApi::start().await.timeout(if init == "hang" {
        Duration::from_secs(1)
    } else {
        Duration::from_secs(10)
    });
    Some(api.spawn(BASH, env).await)
}

/// A function that waits for events.
async fn ready() -> Option<Function> {
    Some(start("").await?.expect("the function starts"))
}

/// Skips the rest of a test where there is no bash.
macro_rules! some {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return,
        }
    };
}

#[tokio::test]
async fn an_event_is_answered_as_often_as_asked() {
    let mut function = some!(ready().await);
    for number in 0..3 {
        let event = json!({ "do": "echo", "number": number });
        assert_eq!(function.invoke(event.clone()).await.expect("an answer"), event);
    }
}

#[tokio::test]
async fn every_line_before_the_answer_is_in_the_logs() {
    let mut function = some!(ready().await);
    assert!(function.logs().is_empty());
    function.invoke(json!({ "do": "echo" })).await.expect("an answer");
    assert_eq!(function.logs(), ["to stdout", "to stderr"]);
}

#[tokio::test]
async fn an_event_comes_with_the_headers_of_lambda() {
    let mut function = some!(ready().await);
    assert_eq!(function.invoke(json!({ "do": "count headers" })).await.expect("an answer"), 4);
}

#[tokio::test]
async fn a_function_sees_none_of_our_environment() {
    let mut function = some!(ready().await);
    let names = function.invoke(json!({ "do": "list variables" })).await.expect("an answer").to_string();
    assert!(names.contains("AWS_LAMBDA_FUNCTION_NAME") && names.contains("INIT"), "{names}");
    assert!(!names.contains("CARGO") && !names.contains("HOME"), "{names}");
}

#[tokio::test]
async fn an_error_is_no_answer_and_no_end() {
    let mut function = some!(ready().await);
    let error = function.invoke(json!({ "do": "fail" })).await.expect_err("an error");
    assert!(error.to_string().ends_with("answered with an error: Oops: it broke"), "{error}");
    let error = function.invoke(json!({ "do": "babble" })).await.expect_err("an error");
    assert!(matches!(error.failure, Failure::NotJson(_)), "{error}");
    function.invoke(json!({ "do": "echo" })).await.expect("an answer");
}

#[tokio::test]
async fn a_function_that_exits_leaves_its_last_words() {
    let mut function = some!(ready().await);
    let error = function.invoke(json!({ "do": "exit" })).await.expect_err("an error");
    assert!(matches!(error.failure, Failure::Exited(status) if status.code() == Some(7)), "{error}");
    assert!(error.to_string().ends_with("\nit wrote:\n  going"), "{error}");
    function.invoke(json!({ "do": "echo" })).await.expect_err("nobody is there");
}

#[tokio::test]
async fn a_function_that_hangs_is_ended() {
    let mut function = some!(ready().await);
    function.timeout = Duration::from_secs(1);
    let error = function.invoke(json!({ "do": "hang" })).await.expect_err("an error");
    assert!(matches!(error.failure, Failure::TimedOut(_)), "{error}");
    assert_eq!(error.logs, ["thinking"]);
    let error = function.invoke(json!({ "do": "echo" })).await.expect_err("an error");
    assert!(matches!(error.failure, Failure::Exited(_)), "{error}");
}

#[tokio::test]
async fn a_function_that_cannot_start_reports_the_reason() {
    let error = some!(start("error").await).expect_err("an error");
    assert!(
        matches!(&error.failure, Failure::Init(diagnostic) if diagnostic.error_message == "no keys"),
        "{error}"
    );
    let error = some!(start("exit").await).expect_err("an error");
    assert!(matches!(error.failure, Failure::Exited(status) if status.code() == Some(3)), "{error}");
    assert_eq!(error.logs, ["no keys"]);
    let error = some!(start("hang").await).expect_err("an error");
    assert!(matches!(error.failure, Failure::TimedOut(_)), "{error}");
}

#[tokio::test]
async fn a_binary_that_is_not_there_is_named() {
    let none: [(&str, &str); 0] = [];
    let error = RuntimeApi::start().await.spawn("target/release/nothing", none).await.expect_err("an error");
    assert!(error.to_string().starts_with("target/release/nothing: cannot be started: "), "{error}");
}

#[tokio::test]
async fn a_dropped_function_is_gone() {
    let mut function = some!(ready().await);
    // A function that waits for an event would exit by itself, because its runtime API has ended.
    function.invoke(json!({ "do": "linger" })).await.expect("an answer");
    let pid = function.child.id().expect("it runs");
    assert!(function.memory().is_none_or(|memory| memory.resident > 500_000 && memory.own > 50_000));
    assert!(function.first_poll() > Duration::ZERO);
    assert!(function.cpu_time().is_none_or(|time| time > Duration::ZERO));
    drop(function);
    let gone = async {
        while std::fs::read_to_string(format!("/proc/{pid}/status"))
            .is_ok_and(|status| !status.contains("(zombie)"))
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), gone).await.expect("a killed process goes");
}

#[tokio::test]
async fn a_stopped_function_is_gone_at_once() {
    let function = some!(ready().await);
    let pid = function.child.id().expect("it runs");
    function.stop().await;
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_function_is_named_as_cargo_lambda_names_it() {
    assert_eq!(function_name(Path::new("target/release/refresh")), "refresh");
    assert_eq!(function_name(Path::new("target/lambda/refresh/bootstrap")), "refresh");
}
