//! What is noticed, what it does, and where its owner reads it.

mod watching {
    mod activity;
    mod alerts;
    mod analytics;
    mod database;
    mod hostile;
    mod places;
    mod rules;
    mod stolen_laptop;
    mod trail;
}
