//! Rules for reading the events and sign-ins of all users, without I/O.

pub mod hour_counts;
pub mod read_target;
pub mod scan;
pub mod window;
