//! What is noticed, what it does, and where its owner reads it.

mod watching {
    mod activity;
    mod analytics;
    mod database;
    mod places;
    mod rules;
    mod trail;
}
