//! How often something may happen: exactly as often as its policy says, for whoever it is, and nobody else pays.

mod api_calls;
mod limit_modes;
mod login_attempts;
mod refused_logins;
mod response_headers;
mod stored_counts;
