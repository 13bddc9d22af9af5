//! Which refused orders of identity providers are logged? The first ten of a minute at each endpoint, in the memory of one instance.
//!
//! Anyone can send forged orders, and a line for each of them would cost more than the order itself. All of them are counted. The
//! endpoints do not share the ten, so that forged logout tokens do not hide why the provider's revocations fail.

use std::sync::{Mutex, PoisonError};

use crate::domain::time::Timestamp;
use crate::token::issuer::OrderKind;

/// Enough to find the fault of a provider's setting, whose orders are few.
const LOGGED_A_MINUTE: u32 = 10;

/// The refused orders of the running minute, for each endpoint.
#[derive(Debug, Default)]
pub(crate) struct RefusedOrders {
    backchannel: Mutex<Minute>,
    global_revocation: Mutex<Minute>,
    events: Mutex<Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    refused: u32,
}

impl RefusedOrders {
    /// Whether one more refused order is logged. A line states that others are not, and how many they were.
    pub(crate) fn should_log(&self, kind: OrderKind, now: Timestamp) -> bool {
        let minute = match kind {
            OrderKind::Backchannel => &self.backchannel,
            OrderKind::GlobalRevocation => &self.global_revocation,
            OrderKind::Events => &self.events,
        };
        let mut minute = minute.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.seconds().div_euclid(60);
        if minute.number != number {
            let not_logged = minute.refused.saturating_sub(LOGGED_A_MINUTE);
            if not_logged > 0 {
                tracing::warn!(
                    way = kind.name(),
                    not_logged,
                    "refused orders of an earlier minute were not logged"
                );
            }
            *minute = Minute { number, refused: 0 };
        }
        minute.refused = minute.refused.saturating_add(1);
        if minute.refused == LOGGED_A_MINUTE + 1 {
            tracing::warn!(way = kind.name(), "further refused orders of this minute are not logged");
        }
        minute.refused <= LOGGED_A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_refused_orders_of_each_minute_are_logged() {
        let orders = RefusedOrders::default();
        let logged_of = |kind, seconds: i64, count: u32| {
            (0..count).filter(|_| orders.should_log(kind, Timestamp::from_seconds(seconds))).count()
        };
        let logged = |seconds, count| logged_of(OrderKind::Backchannel, seconds, count);
        assert_eq!((logged(60, 7), logged(119, 7)), (7, 3), "one minute");
        assert_eq!(logged(120, 100), 10, "the next one");
        assert_eq!(logged(60, 1), 1, "a clock that was set back begins a minute");
        assert_eq!(logged(60, 100), 9);
        for kind in [OrderKind::GlobalRevocation, OrderKind::Events] {
            assert_eq!(logged_of(kind, 60, 100), 10, "{kind:?} has a budget of its own");
        }
    }
}
