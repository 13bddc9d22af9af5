//! The key set of this laptop: made on the first start, kept beside the data.
//!
//! Its form is that of the setting `LATCHKEY_KEYS`, a private JWKS, so
//! `latchkey-local keygen` prints what a deployment needs.

use std::path::Path;

use latchkey::token::keys::generate_key_set;

use crate::private_file;

const FILE_NAME: &str = "keys.json";

/// The key set cannot be kept beside the data.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("keys.json in the data directory cannot be used")]
    File(#[from] std::io::Error),
    /// The file is not text.
    #[error("keys.json in the data directory is not UTF-8")]
    Text(#[from] std::string::FromUtf8Error),
}

/// The key set in `directory`, made there when missing. Contains private keys.
///
/// # Errors
/// When the file cannot be read or written.
pub fn load_or_create(directory: &Path) -> Result<String, KeysError> {
    let path = directory.join(FILE_NAME);
    let bytes = private_file::load_or_create::<KeysError>(&path, || Ok(generate().into_bytes()))?;
    Ok(String::from_utf8(bytes)?)
}

/// A new key set. Contains private keys.
pub fn generate() -> String {
    generate_key_set()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_finds_the_same_keys() {
        let directory = tempfile::tempdir().unwrap();
        let first = load_or_create(directory.path()).unwrap();
        assert_eq!(load_or_create(directory.path()).unwrap(), first);
        assert_ne!(generate(), first);
    }
}
