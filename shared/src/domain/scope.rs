//! The scope words that have a meaning for Latchkey itself. Apps use any others.

pub use latchkey_verifier::Scope;

/// The longest scope in bytes, so that a session's row fits one write unit.
pub const SCOPE_MAX_BYTES: usize = 160;

/// The scope of administrators.
pub const ADMIN: &str = "latchkey:admin";

/// The scope of backends that count attempts.
pub const ATTEMPTS: &str = "latchkey:attempts";

/// The scope of backends that ask whether a token is valid.
pub const INTROSPECT: &str = "latchkey:introspect";

/// The scopes of backends that call without a session. An assertion with one of them never opens a session.
pub const SERVICE: [&str; 2] = [ATTEMPTS, INTROSPECT];
