//! Latchkey as one process on a laptop: the handlers of the functions on an embedded DynamoDB.

pub mod clock;
pub mod dev;
pub mod dev_controls;
pub mod doctor;
pub mod engine;
pub mod environment_size;
pub mod gateway;
pub mod issuer;
pub mod keys;
pub mod loopback;
pub mod notify;
pub mod operation;
pub mod page;
pub mod problem;
pub mod progress_bar;
pub mod secret;
pub mod server;
pub mod tls;

mod chance;
mod private_file;
#[cfg(test)]
mod testing;
