//! The parameters that several calls of the fleet have, and the check of their caller.

use std::time::Duration;

use uuid::Uuid;

use super::super::admin;
use crate::app::App;
use crate::domain::client_context::ClientContext;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::fleet::window::Window;
use crate::domain::place::Network;
use crate::domain::time::Timestamp;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::problem::Problem;

/// The time that a list covers if the request has no `from`: seven days.
pub(super) const COVERED: Duration = Duration::from_secs(7 * 86_400);

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;

/// Reads `?limit=`.
pub(super) fn limit_of(query: &str) -> Result<usize, Problem> {
    number_of(query, "limit", LIMIT_DEFAULT, LIMIT_MAX)
}

/// Reads a whole number from 1 to `most`.
pub(super) fn number_of(
    query: &str,
    name: &'static str,
    default: usize,
    most: usize,
) -> Result<usize, Problem> {
    let Some(text) = parameter(query, name)? else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| Problem::field(name, format!("expected a whole number from 1 to {most}")))
}

/// Parses an address or a network.
pub(in crate::api) fn network_of(text: &str) -> Result<Network, Problem> {
    Network::parse(text).ok_or_else(|| {
        Problem::field(
            "network",
            "expected an IP address, or a network of exactly /24 for IPv4 or /64 for IPv6",
        )
    })
}

/// Parses a cursor: the id of an event, in the notation with hyphens.
pub(in crate::api) fn cursor_of(text: &str) -> Result<Uuid, Problem> {
    let cursor = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    cursor.ok_or_else(|| Problem::field("cursor", "expected the `next_cursor` of a response"))
}

/// Reads `?cursor=`.
pub(super) fn after_of(query: &str) -> Result<Option<Uuid>, Problem> {
    parameter(query, "cursor")?.as_deref().map(cursor_of).transpose()
}

/// Reads `?from=` and `?to=` of a list whose entries are kept for `kept`.
pub(super) fn window(query: &str, kept: Duration, now: Timestamp) -> Result<Window, Problem> {
    let (from, to) = (parameter(query, "from")?, parameter(query, "to")?);
    let to = to.map(|text| moment(&text, "to")).transpose()?;
    window_of(from.as_deref(), to, "`to`", COVERED, kept, now)
}

/// The time from `from` to `to`, whose end an error names `end`. The default of `from` is `length` before `to`. Entries are kept
/// for `kept`.
pub(in crate::api) fn window_of(
    from: Option<&str>,
    to: Option<Timestamp>,
    end: &str,
    length: Duration,
    kept: Duration,
    now: Timestamp,
) -> Result<Window, Problem> {
    let from = from.map(|text| moment(text, "from")).transpose()?;
    Window::new(from, to, length, kept, now)
        .ok_or_else(|| Problem::field("from", format!("must not be after {end}, and not in the future")))
}

fn moment(text: &str, name: &'static str) -> Result<Timestamp, Problem> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| Problem::field(name, "expected an RFC 3339 time"))
}

/// Checks that the caller is an administrator, then records what the caller reads. A caller without the scope causes no event.
///
/// # Errors
/// `session_ended`, `forbidden`, or the store's.
pub(super) async fn require_recorded_admin(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    target: ReadTarget,
) -> Result<(), Problem> {
    admin::require_admin_session(app, caller).await?;
    admin::record_reading(app, caller, client, target).await
}
