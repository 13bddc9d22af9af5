//! Which refused orders of identity providers are logged? The first ten of a minute, in the memory of one instance.
//!
//! Anyone can send forged orders, and a line for each of them would cost more than the order itself. All of them are counted.

use std::sync::{Mutex, PoisonError};

use crate::domain::time::Timestamp;

/// Enough to find the fault of a provider's setting, whose orders are few.
const LOGGED_A_MINUTE: u32 = 10;

/// The refused orders of the running minute.
#[derive(Debug, Default)]
pub(crate) struct RefusedOrders(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    logged: u32,
}

impl RefusedOrders {
    /// Whether one more refused order is logged.
    pub(crate) fn should_log(&self, now: Timestamp) -> bool {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.seconds().div_euclid(60);
        if minute.number != number {
            *minute = Minute { number, logged: 0 };
        }
        minute.logged = minute.logged.saturating_add(1);
        minute.logged <= LOGGED_A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_refused_orders_of_each_minute_are_logged() {
        let orders = RefusedOrders::default();
        let logged = |seconds: i64, count: u32| {
            (0..count).filter(|_| orders.should_log(Timestamp::from_seconds(seconds))).count()
        };
        assert_eq!((logged(60, 7), logged(119, 7)), (7, 3), "one minute");
        assert_eq!(logged(120, 100), 10, "the next one");
        assert_eq!(logged(60, 1), 1, "a clock that was set back begins a minute");
    }
}
