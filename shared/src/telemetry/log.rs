//! Logs: one JSON object a line. The message is a constant sentence, and ids are fields, so that logs can be searched. No
//! line contains a token, a cookie, a nonce or an assertion.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging to standard error. Our own lines are logged from info (or debug) on. The lines of dependencies are logged
/// from warn on, because debug lines of the AWS SDK contain whole requests.
pub fn init(debug: bool) {
    let own_level = if debug { Level::DEBUG } else { Level::INFO };
    let levels = Targets::new()
        .with_default(Level::WARN)
        .with_target("latchkey", own_level)
        .with_target("latchkey_local", own_level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stderr);
    // In tests a process calls this more than once. Only the first call has an effect.
    let _ = tracing_subscriber::registry().with(lines).with(levels).try_init();
}
