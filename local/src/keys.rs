//! The key set of the local server, which it generates at the first start and keeps beside the data. It has the form of the
//! setting `LATCHKEY_KEYS`, a private JWKS, which `latchkey-local keygen` prints for a deployment.

use std::path::Path;

use latchkey::token::keys::generate_key_set;

use crate::private_file;

const FILE_NAME: &str = "keys.json";

/// The reason why the key set beside the data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("keys.json in the data directory cannot be used")]
    File(#[from] std::io::Error),
    /// The file is not text.
    #[error("keys.json in the data directory is not UTF-8")]
    Text(#[from] std::string::FromUtf8Error),
}

/// Returns the key set in `directory`, which is generated if it is missing. It contains private keys.
///
/// # Errors
/// The file cannot be read or written.
pub fn load_or_create(directory: &Path) -> Result<String, KeysError> {
    let path = directory.join(FILE_NAME);
    let bytes = private_file::load_or_create::<KeysError>(&path, || Ok(generate().into_bytes()))?;
    Ok(String::from_utf8(bytes)?)
}

/// Generates a key set. It contains private keys.
pub fn generate() -> String {
    generate_key_set()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_uses_the_same_keys() {
        let directory = tempfile::tempdir().unwrap();
        let first = load_or_create(directory.path()).unwrap();
        assert_eq!(load_or_create(directory.path()).unwrap(), first);
        assert_ne!(generate(), first);
    }
}
