//! A page of events as JSON, as NDJSON, or as CSV.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use serde_json::Value;

use crate::app::fleet::events::EventPage;
use crate::domain::id::{SessionId, UserId};
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::store::FleetEvent;

const NEXT_CURSOR: HeaderName = HeaderName::from_static("next-cursor");

const CSV_HEAD: &str =
    "event_id,created_at,event_type,severity,user_id,session_id,ip,device,country,city,details\r\n";

/// The first characters for which a spreadsheet takes a cell for a formula. User ids, devices and reasons are chosen by users,
/// so that an attacker could have a formula run on the machine of an administrator.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The characters after which a spreadsheet may begin another cell, besides the comma, which the quotes of RFC 4180 protect. In
/// German and some other languages a spreadsheet splits a row at semicolons, and ignores quotes that do not begin a cell.
const OTHER_SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// The format of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Ndjson,
    Csv,
}

impl Format {
    /// The format that `Accept` asks for. Browsers and clients that accept anything get JSON.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let types = accept.flat_map(|value| value.split(','));
        for range in types {
            let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
            let name = parts.next().unwrap_or_default();
            if parts.any(|parameter| is_zero_quality(&parameter)) {
                continue;
            }
            match name.as_str() {
                "application/x-ndjson" => return Self::Ndjson,
                "text/csv" => return Self::Csv,
                _ => {}
            }
        }
        Self::Json
    }
}

/// Whether a parameter of a media range excludes it, for example `q=0` (RFC 9110, section 12.4.2).
fn is_zero_quality(parameter: &str) -> bool {
    parameter.strip_prefix("q=").and_then(|quality| quality.parse::<f32>().ok()) == Some(0.0)
}

/// The body of `GET /fleet/events` as JSON.
#[derive(Serialize)]
struct EventsResponse {
    events: Vec<FleetEventView>,
    next_cursor: Option<String>,
}

/// An event of any user.
#[derive(Serialize)]
struct FleetEventView {
    event_id: String,
    event_type: String,
    severity: Severity,
    user_id: Option<UserId>,
    session_id: Option<SessionId>,
    created_at: Timestamp,
    details: Value,
}

/// The response with a page.
///
/// # Errors
/// `internal`, if an event cannot be serialised.
pub(super) fn respond(format: Format, page: EventPage) -> Result<Response, Problem> {
    let events: Vec<FleetEventView> = page.events.into_iter().map(FleetEventView::new).collect();
    let next_cursor = page.next.map(|id| id.to_string());
    let (media, body) = match format {
        Format::Json => return Ok(Json(EventsResponse { events, next_cursor }).into_response()),
        Format::Ndjson => {
            ("application/x-ndjson", events.iter().map(FleetEventView::line).collect::<String>())
        }
        Format::Csv => {
            let rows = events.iter().map(FleetEventView::row).collect::<String>();
            ("text/csv; charset=utf-8; header=present", format!("{CSV_HEAD}{rows}"))
        }
    };
    let mut response = ([(header::CONTENT_TYPE, media)], body).into_response();
    if let Some(next) = next_cursor {
        let next = HeaderValue::from_str(&next).expect("a UUID is ASCII");
        response.headers_mut().insert(NEXT_CURSOR, next);
    }
    Ok(response)
}

impl FleetEventView {
    fn new(found: FleetEvent) -> Self {
        let FleetEvent { user, event, .. } = found;
        Self {
            event_id: event.id.to_string(),
            event_type: event.event_type,
            severity: event.severity,
            user_id: user,
            session_id: event.session,
            created_at: event.created_at,
            details: event.details,
        }
    }

    /// A line of NDJSON.
    fn line(&self) -> String {
        let json = serde_json::to_string(self).expect("an event has texts, numbers and nothing else");
        format!("{json}\n")
    }

    /// A row of CSV (RFC 4180).
    fn row(&self) -> String {
        let detail = |name: &str| self.details[name].as_str().unwrap_or_default().to_owned();
        let cells = [
            self.event_id.clone(),
            self.created_at.to_rfc3339(),
            self.event_type.clone(),
            self.severity.as_str().to_owned(),
            self.user_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            self.session_id.map(|id| id.to_string()).unwrap_or_default(),
            detail("ip"),
            detail("device"),
            detail("country"),
            detail("city"),
            self.details.to_string(),
        ];
        cells.map(|text| cell(&text)).join(",") + "\r\n"
    }
}

/// A cell, in quotes if it needs them, and with an apostrophe in front of what a spreadsheet would take for a formula.
fn cell(text: &str) -> String {
    let (mut shielded, mut begins) = (String::with_capacity(text.len()), true);
    for (place, character) in text.char_indices() {
        if begins && is_formula(&text[place..]) {
            shielded.push('\'');
        }
        shielded.push(character);
        begins = OTHER_SEPARATORS.contains(&character);
    }
    if shielded == text && !text.contains([',', '"', '\r', '\n', ';', '\t']) {
        return shielded;
    }
    format!("\"{}\"", shielded.replace('"', "\"\""))
}

/// Whether a spreadsheet would take this text, or what follows its quotes and spaces, for a formula.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches(['"', ' ']).starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_and_never_a_formula() {
        for (text, expected) in [
            ("", ""),
            ("Chrome on Windows", "Chrome on Windows"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t'=1\""),
            ("a=1", "a=1"),
            ("x;=cmd|' /C calc'!A0;y", "\"x;'=cmd|' /C calc'!A0;y\""),
            ("x;;+1", "\"x;;'+1\""),
            ("x; \"=1\"", "\"x;' \"\"=1\"\"\""),
            ("x\ty\t@1", "\"x\ty\t'@1\""),
            ("x\r\n-1", "\"x\r\n'-1\""),
            ("x\r=1", "\"x\r'=1\""),
            ("x;y=1", "\"x;y=1\""),
            ("{\"note\":\"a;=1\"}", "\"{\"\"note\"\":\"\"a;'=1\"\"}\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_format_is_the_first_that_is_known() {
        let format = |accept: &'static str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            Format::of(&headers)
        };
        assert_eq!(Format::of(&HeaderMap::new()), Format::Json);
        for accept in ["*/*", "application/json", "text/*", "text/csvx"] {
            assert_eq!(format(accept), Format::Json, "{accept}");
        }
        assert_eq!(format("Text/CSV; q=1"), Format::Csv);
        assert_eq!(format("text/html, application/x-ndjson, text/csv"), Format::Ndjson);
        for excluded in ["text/csv;q=0", "text/csv; Q=0.000", "text/csv;header=present;q=0"] {
            assert_eq!(format(excluded), Format::Json, "{excluded}");
        }
        assert_eq!(format("text/csv;q=0, application/x-ndjson;q=0.001"), Format::Ndjson);
    }
}
