//! Latchkey as one process on a laptop: the same handlers, on an embedded DynamoDB.

pub mod clock;
pub mod dev;
pub mod doctor;
pub mod engine;
pub mod gateway;
pub mod issuer;
pub mod keys;
pub mod levers;
pub mod loopback;
pub mod operation;
pub mod page;
pub mod problem;
pub mod progress_bar;
pub mod server;

mod chance;
mod private_file;
#[cfg(test)]
mod testing;
