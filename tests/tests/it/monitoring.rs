//! What is noticed, what it does, and where its owner reads it.

mod activity;
mod alerts;
mod analytics;
mod audit_trail;
mod hostile_input;
mod location_database;
mod locations;
mod rules;
mod stolen_laptop;
