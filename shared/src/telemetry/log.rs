//! Logs: one JSON object a line. A message reads alone; identifiers are fields; never a token, a cookie,
//! a nonce or an assertion.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging to standard error: ours at info (or debug), the SDK's at warn only, since its debug
/// lines hold whole requests.
pub fn init(debug: bool) {
    let ours = if debug { Level::DEBUG } else { Level::INFO };
    let levels = Targets::new()
        .with_default(Level::WARN)
        .with_target("latchkey", ours)
        .with_target("latchkey_local", ours);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stderr);
    // A second start in one process, as tests do, keeps the first.
    let _ = tracing_subscriber::registry().with(lines).with(levels).try_init();
}
