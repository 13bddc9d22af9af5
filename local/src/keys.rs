//! The key set of the local server, and the secret of a deployment.
//!
//! The local server generates its key set at the first start and keeps it beside the data. It has the form of the setting
//! `LATCHKEY_KEYS`, a private JWKS, which `latchkey-local keygen` prints for a deployment.

use std::path::Path;

use latchkey::token::keys::{KeySet, KeySetError, generate_key_set};
use serde_json::{Map, Value, json};

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

/// The public members of a key. Every other member may be private, so functions that only verify tokens get none of them.
const PUBLIC: [&str; 9] = ["kty", "crv", "x", "y", "n", "e", "alg", "use", "kid"];

/// Returns the text of the secret that `template.yaml` reads: the set split into `signing`, `verifying` and `public`, so
/// that each function gets only the keys that it needs.
///
/// # Errors
/// The set is not valid, or has no key that signs.
pub fn secret(set: &str) -> Result<String, KeySetError> {
    KeySet::parse(set)?.signer()?;
    let whole: Value = serde_json::from_str(set).map_err(|_| KeySetError::NotAKeySet)?;
    let keys = whole["keys"].as_array().ok_or(KeySetError::NotAKeySet)?;
    let verifying: Vec<Value> = keys.iter().map(without_private_half).collect();
    let public: Vec<&Value> = verifying.iter().filter(|key| key["kty"] != "oct").collect();
    let members = [("signing", json!(keys)), ("verifying", json!(verifying)), ("public", json!(public))];
    let members = members.map(|(name, keys)| (name.to_owned(), json!({"keys": keys}).to_string().into()));
    Ok(Value::Object(Map::from_iter(members)).to_string())
}

fn without_private_half(key: &Value) -> Value {
    let mut key = key.clone();
    // A refresh key is symmetric: a function that decrypts a token needs it.
    let opens = key["kty"] == "oct";
    if let Some(members) = key.as_object_mut() {
        members.retain(|name, _| PUBLIC.contains(&name.as_str()) || (opens && name == "k"));
    }
    key
}

/// Generates a key set. It contains private keys.
pub fn generate() -> String {
    generate_key_set()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_gives_each_function_only_the_keys_it_needs() {
        let set = generate();
        let secret: Value = serde_json::from_str(&secret(&set).unwrap()).unwrap();
        let member = |name: &str| -> Vec<Value> {
            let set: Value = serde_json::from_str(secret[name].as_str().unwrap()).unwrap();
            set["keys"].as_array().unwrap().clone()
        };
        let whole: Value = serde_json::from_str(&set).unwrap();
        assert_eq!(json!(member("signing")), whole["keys"]);
        assert_eq!(member("verifying").len(), 2);
        assert!(member("verifying").iter().all(|key| key["d"].is_null()));
        assert!(member("verifying").iter().any(|key| key["k"].is_string()));
        let [public] = &member("public")[..] else { panic!("one public key") };
        assert!(public["x"].is_string() && public["d"].is_null() && public["k"].is_null());
    }

    /// RSA keys with more than two primes keep the others in `oth`, and other key types may have other private members.
    #[test]
    fn an_unknown_member_of_a_key_is_only_in_signing() {
        let mut set: Value = serde_json::from_str(&generate()).unwrap();
        for key in set["keys"].as_array_mut().unwrap() {
            key["oth"] = json!([{"r": "private", "d": "private", "t": "private"}]);
        }
        let secret: Value = serde_json::from_str(&secret(&set.to_string()).unwrap()).unwrap();
        assert!(secret["signing"].as_str().unwrap().contains("oth"));
        for cut in ["verifying", "public"] {
            assert!(!secret[cut].as_str().unwrap().contains("oth"), "{cut}");
        }
    }

    #[test]
    fn a_set_without_a_signing_key_is_refused() {
        let verifying: Value = serde_json::from_str(&secret(&generate()).unwrap()).unwrap();
        assert_eq!(secret(verifying["verifying"].as_str().unwrap()), Err(KeySetError::NoSigningKey));
        assert_eq!(secret("{}"), Err(KeySetError::NotAKeySet));
    }

    #[test]
    fn a_restart_uses_the_same_keys() {
        let directory = tempfile::tempdir().unwrap();
        let first = load_or_create(directory.path()).unwrap();
        assert_eq!(load_or_create(directory.path()).unwrap(), first);
        assert_ne!(generate(), first);
    }
}
