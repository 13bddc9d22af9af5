//! How often something may happen: exactly as often as its policy says, for whoever it is, and nobody else pays.

#[path = "limits/attempts.rs"]
mod attempts;
#[path = "limits/general.rs"]
mod general;
#[path = "limits/headers.rs"]
mod headers;
#[path = "limits/login.rs"]
mod login;
#[path = "limits/modes.rs"]
mod modes;
#[path = "limits/rows.rs"]
mod rows;
