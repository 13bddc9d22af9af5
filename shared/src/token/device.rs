//! Proofs that a browser makes with a key in the user's device, and the challenges that they answer.
//!
//! *Source*: W3C Device Bound Session Credentials.

pub mod challenge;
pub mod proof;
