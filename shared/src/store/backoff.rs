//! The wait between attempts at a contended row: random, and longer each time.

use std::time::Duration;

/// Waits before the next attempt: up to 10 ms after the first, doubling to at most 160 ms.
///
/// Full jitter, so that two callers that collided do not collide again.
pub(crate) async fn back_off(attempt: u32) {
    let most_millis = 10_u64 << attempt.min(4);
    let mut random = [0; 2];
    // If the random generator fails, all callers wait equally long, which still ends.
    let _ = aws_lc_rs::rand::fill(&mut random);
    let millis = u64::from(u16::from_be_bytes(random)) % most_millis;
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
