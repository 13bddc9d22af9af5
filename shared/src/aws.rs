//! SQS and SNS: signed calls over HTTPS, without their SDKs.
//!
//! Four operations are too few for two more crates of the SDK, which would take longer to compile than the rest of the function and
//! make it larger (`docs/decisions/0018-notify-from-one-function.md`). The signatures are those of the SDK's own crate.

mod call;
pub mod queue;
mod signer;
pub mod topic;

pub(crate) use call::LONGEST_CALL;
pub use call::{Aws, AwsError};
pub(crate) use signer::Signer;
