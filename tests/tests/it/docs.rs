//! The documentation is true: its links, commands, costs and security claims.

mod api;
mod architecture;
mod commands;
mod cookies;
mod cost;
mod index;
mod laptop;
mod links;
mod monitoring;
mod readme;
mod security;
mod signed_out;
