//! Logs: one JSON object a line. A message reads alone; identifiers are fields; never a token, a cookie,
//! a nonce or an assertion.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging to standard output: ours at info (or debug), the SDK's at warn only, since its debug
/// lines hold whole requests.
pub fn init(debug: bool) {
    let level = if debug { "debug" } else { "info" };
    let filter = EnvFilter::new(format!("warn,latchkey={level},latchkey_local={level}"));
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_span_events(FmtSpan::NONE)
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start in one process, as tests do, keeps the first.
    let _ = subscriber.try_init();
}
