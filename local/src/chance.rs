//! Identifiers that cannot be guessed.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};

/// 128 random bits in 22 characters.
///
/// # Errors
/// The system returns no random bytes.
pub(crate) fn id() -> Result<String, Unspecified> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes)?;
    Ok(BASE64URL.encode(bytes))
}
