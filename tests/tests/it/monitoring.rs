//! Findings and events: what the server records, which action follows, and where users read it.

mod activity;
mod alerts;
mod analytics;
mod audit_trail;
mod event_clients;
mod hostile_input;
mod location_database;
mod locations;
mod look_ups;
mod rules;
mod stolen_laptop;
