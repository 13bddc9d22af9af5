//! The events of all users, newest first, page by page.
//!
//! A page reads a bounded number of events, whatever the number of stored events is. So a page may have fewer events than
//! wanted, or none, although more follow.
//!
//! Events are sorted by their ids, but a window is about their times.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::app::App;
use crate::config::AdminReach;
use crate::domain::fleet::scan::Scan;
use crate::domain::fleet::window::Window;
use crate::domain::id::UserId;
use crate::domain::place::Network;
use crate::domain::severity::Severity;
use crate::store::in_parallel::in_parallel;
use crate::store::{AuditQuery, FleetEvent, StoreError, fleet_partitions};

/// Rounds of a page: the last seven days touch eight, and the rest of the hour in which they begin is one more.
const ROUNDS_MAX: usize = 9;

/// A page begins no further round after this time, so that the call ends before its deadline of 2.9 s on a slow function, too.
const BEGINS_WITHIN: Duration = Duration::from_millis(700);

/// Events of one shard that a round reads if each event is wanted, for a page of `limit` events: four times the average, so
/// that a second round is practically never needed.
const fn per_shard(limit: usize) -> usize {
    limit / 4 + 4
}

/// Events of one shard that a round reads if a filter may leave out most of them.
const PER_SHARD_FILTERED: usize = 125;

/// The events that an administrator wants.
#[derive(Clone, Debug)]
pub struct EventQuery {
    /// The time.
    pub window: Window,
    /// Only events older than this one.
    pub after: Option<Uuid>,
    /// Only events of at least this severity.
    pub severity: Option<Severity>,
    /// Only events of this type.
    pub event_type: Option<String>,
    /// Only events of this user, who must be one that the administrator reaches.
    pub user: Option<UserId>,
    /// Only events of this network.
    pub network: Option<Network>,
    /// At most this many events.
    pub limit: usize,
}

/// A page of events, newest first.
#[derive(Debug)]
pub struct EventPage {
    /// The events.
    pub events: Vec<FleetEvent>,
    /// The id to continue after; `None` at the end.
    pub next: Option<Uuid>,
}

impl EventQuery {
    /// Whether an event that the index returned is wanted, and within the reach of the administrator.
    fn wants(&self, found: &FleetEvent, reach: AdminReach<'_>) -> bool {
        let event = &found.event;
        self.window.contains(event.created_at)
            && reach.contains_or_everyone(found.user.as_ref())
            && self.severity.is_none_or(|least| event.severity >= least)
            && self.event_type.as_ref().is_none_or(|wanted| event.event_type == *wanted)
            && self.network.is_none_or(|network| found.is_of(network))
    }

    fn is_filtered(&self, reach: AdminReach<'_>) -> bool {
        !reach.is_everyone()
            || self.event_type.is_some()
            || self.network.is_some()
            || self.severity.is_some_and(|least| least != Severity::Info && least != Severity::Medium)
    }
}

/// Reads a page of events.
///
/// # Errors
/// The store failed.
pub async fn list_events(
    app: &App,
    query: &EventQuery,
    reach: AdminReach<'_>,
) -> Result<EventPage, StoreError> {
    match &query.user {
        Some(user) => of_user(app, query, user, reach).await,
        None => of_all(app, query, reach).await,
    }
}

async fn of_all(app: &App, query: &EventQuery, reach: AdminReach<'_>) -> Result<EventPage, StoreError> {
    let began = Instant::now();
    let mut scan = Scan::of_events(query.window, query.after);
    let is_filtered = query.is_filtered(reach);
    let mut events: Vec<FleetEvent> = vec![];
    for _ in 0..ROUNDS_MAX {
        let Some(round) = scan.round() else { break };
        let most_are_left_out = is_filtered || scan.is_before_window();
        let most = if most_are_left_out { PER_SHARD_FILTERED } else { 0 };
        let limit = per_shard(query.limit).max(most);
        let partitions = fleet_partitions(&round.day, query.severity.unwrap_or(Severity::Info));
        let calls = partitions.into_iter().map(|partition| {
            let (store, round) = (app.store().clone(), round.clone());
            async move { store.read_fleet_shard(&partition, &round, limit).await }
        });
        let found = scan.absorb(&round, in_parallel(calls).await?);
        events.extend(found.into_iter().map(|(_, event)| event).filter(|event| query.wants(event, reach)));
        if events.len() >= query.limit || began.elapsed() > BEGINS_WITHIN {
            break;
        }
    }
    let cut_short = events.len() > query.limit;
    events.truncate(query.limit);
    let next = if cut_short { events.last().map(|found| found.event.id) } else { scan.cursor() };
    Ok(EventPage { events, next })
}

/// The user's own trail has the same events in one partition.
async fn of_user(
    app: &App,
    query: &EventQuery,
    user: &UserId,
    reach: AdminReach<'_>,
) -> Result<EventPage, StoreError> {
    let mut found = EventPage { events: vec![], next: None };
    for part in Scan::of_events(query.window, query.after).remaining() {
        if found.events.len() >= query.limit {
            found.next = found.events.last().map(|last| last.event.id);
            break;
        }
        let trail = AuditQuery {
            before: part.high.as_u128().checked_add(1).map(Uuid::from_u128),
            not_below: Some(part.low),
            // With a filter a page examines many events: few of the hour are in the window.
            created_in: part.is_before_window.then_some(query.window),
            event_type: query.event_type.clone(),
            severity: query.severity,
            limit: query.limit - found.events.len(),
            ..AuditQuery::default()
        };
        let page = app.store().read_audit_page(user, &trail).await?;
        let events = page.events.into_iter().map(|event| FleetEvent::of_user(user.clone(), event));
        found.events.extend(events.filter(|event| query.wants(event, reach)));
        found.next = page.next;
        if found.next.is_some() {
            break;
        }
    }
    Ok(found)
}
