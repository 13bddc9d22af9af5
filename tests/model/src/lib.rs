//! Tests of the rule that decides about a refresh token: `latchkey::domain::session::evidence`.
//!
//! | part | question |
//! |---|---|
//! | [`model`] | Is there any order of events in which the rule breaks a promise? A search visits all of them, within bounds. |
//! | [`simulator`] | How often do honest users and thieves meet the rule in ordinary nights? |
//!
//! Both call the functions that the server calls. [`server`] applies them to a row, and [`client`] has the rules that the
//! npm package follows with its keys. Run them with `make model` and `make simulate`; `docs/refresh.md` has the results.

pub mod client;
pub mod model;
pub mod page;
pub mod server;
pub mod simulator;
