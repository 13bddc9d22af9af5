//! Attacks, each with its result: the response, and the state of the tables afterwards.
//!
//! Many attacks have their test beside their subject; `docs/security/attacks.md` lists them all.

mod account_lockout;
mod audit_trail;
mod cross_site;
mod default_limits;
mod enumeration;
mod floods;
pub(crate) mod foreign_administrators;
mod key_urls;
mod privilege_escalation;
mod query_parameters;
mod removed_user;
mod several_instances;
