//! Rate limits: exactly as many calls pass as the policy allows, and no other client is affected.

mod api_calls;
mod limit_modes;
mod login_attempts;
mod refused_logins;
mod response_headers;
mod stored_counts;
