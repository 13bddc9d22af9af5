//! Operations over all users, for administrators, and the counts of the overview.

pub mod bulk_revocation;
pub mod count_hours;
pub mod events;
pub mod record_reading;
pub mod search;
pub mod sign_ins;
