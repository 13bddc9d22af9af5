//! The secret of a deployment: a key set, split so that each function gets only the keys that it needs.
//!
//! | member | private access keys | refresh keys | read by |
//! |---|---|---|---|
//! | `keys` | all | all | no function: a rotation begins with it |
//! | `signing` | the one that signs | all | login, refresh |
//! | `verifying` | none | all | sessions, revoke |
//! | `public` | none | none | authorizer |
//!
//! The member `sign_in_review` has the keys of sign-in reviews, for the setting `SIGN_IN_REVIEW_KEYS`, and only it and `keys` have them.

use latchkey::token::keys::{KeySet, KeySetError};
use serde_json::{Map, Value, json};

use crate::environment_size::{LIMIT, size};

/// The public members of a key. Every other member may be private, so functions that only verify tokens get none of them.
const PUBLIC: [&str; 9] = ["kty", "crv", "x", "y", "n", "e", "alg", "use", "kid"];

/// The reason why a key set makes no secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The set is not valid, or has no key that signs.
    #[error("the key set cannot be used")]
    Keys(#[from] KeySetError),
    /// Lambda would refuse the settings of login and refresh.
    #[error(
        "the member `signing` takes {0} bytes as LATCHKEY_KEYS, and all settings of a function may take {LIMIT}; \
         remove keys that are no longer needed, or use ES256 keys, which are shorter than RSA keys"
    )]
    TooLarge(usize),
}

/// Returns the text of the secret that `template.yaml` reads.
///
/// # Errors
/// The set is not valid, has no key that signs, or is too large for the settings of a function.
pub fn secret(set: &str) -> Result<String, SecretError> {
    KeySet::parse(set)?.signer()?;
    let whole: Value = serde_json::from_str(set).map_err(|_| KeySetError::NotAKeySet)?;
    let keys = whole["keys"].as_array().ok_or(KeySetError::NotAKeySet)?;
    let of_sessions: Vec<&Value> = keys.iter().filter(|key| !is_review_key(key)).collect();
    let signer = of_sessions.iter().position(|key| key["kty"] != "oct" && key["d"].is_string());
    let verifying: Vec<Value> = of_sessions.iter().map(|key| without_private_half(key)).collect();
    let public: Vec<&Value> = verifying.iter().filter(|key| key["kty"] != "oct").collect();
    let mut signing = verifying.clone();
    if let Some(index) = signer {
        signing[index] = of_sessions[index].clone();
    }
    let review: Vec<&Value> = keys.iter().filter(|key| is_review_key(key)).collect();
    let sets = [
        ("keys", json!(keys)),
        ("signing", json!(signing)),
        ("verifying", json!(verifying)),
        ("public", json!(public)),
        ("sign_in_review", json!(review)),
    ];
    let members = sets.map(|(name, keys)| (name.to_owned(), json!({"keys": keys}).to_string()));
    let bytes = size([("LATCHKEY_KEYS", members[1].1.as_str())]);
    if bytes > LIMIT {
        return Err(SecretError::TooLarge(bytes));
    }
    Ok(Value::Object(Map::from_iter(members.map(|(name, set)| (name, set.into())))).to_string())
}

/// The keys of sign-in reviews in a set, as the setting `SIGN_IN_REVIEW_KEYS` has them. A text that is no set has none.
pub(crate) fn sign_in_review_keys(set: &str) -> String {
    let whole: Value = serde_json::from_str(set).unwrap_or_default();
    let keys = whole["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    json!({"keys": keys.iter().filter(|key| is_review_key(key)).collect::<Vec<_>>()}).to_string()
}

fn is_review_key(key: &Value) -> bool {
    key["kty"] == "oct" && key["use"] == "enc"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::generate;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// The keys of a member of the secret.
    fn member(secret: &str, name: &str) -> Vec<Value> {
        let set = parsed(parsed(secret)[name].as_str().unwrap());
        set["keys"].as_array().unwrap().clone()
    }

    /// Two generated sets, one after the other, as in the first step of a rotation.
    fn two_sets() -> Value {
        let (old, new) = (parsed(&generate()), parsed(&generate()));
        json!({"keys": [old["keys"][0], old["keys"][1], new["keys"][0], new["keys"][1]]})
    }

    #[test]
    fn a_secret_gives_each_function_only_the_keys_it_needs() {
        let set = generate();
        let secret = secret(&set).unwrap();
        assert_eq!(json!(member(&secret, "keys")), parsed(&set)["keys"]);
        assert_eq!(member(&secret, "signing"), member(&secret, "keys")[..2]);
        assert_eq!(member(&secret, "sign_in_review"), member(&secret, "keys")[2..]);
        let verifying = member(&secret, "verifying");
        assert_eq!(verifying.len(), 2);
        assert!(verifying.iter().all(|key| key["d"].is_null()));
        assert!(verifying.iter().any(|key| key["k"].is_string()));
        let [public] = &member(&secret, "public")[..] else { panic!("one public key") };
        assert!(public["x"].is_string() && public["d"].is_null() && public["k"].is_null());
    }

    /// A function that leaks its settings must not leak the key that signs next.
    #[test]
    fn only_the_key_that_signs_has_its_private_half_in_a_function() {
        let mut set = two_sets();
        for rotated in [false, true] {
            if rotated {
                set["keys"].as_array_mut().unwrap().rotate_left(2);
            }
            let secret = secret(&set.to_string()).unwrap();
            let signing = member(&secret, "signing");
            let private: Vec<bool> = signing.iter().map(|key| key["d"].is_string()).collect();
            assert_eq!(private, [true, false, false, false]);
            assert!(signing[1]["k"].is_string() && signing[3]["k"].is_string(), "all refresh keys decrypt");
            assert_eq!(signing[0], set["keys"][0]);
            assert_eq!(json!(member(&secret, "keys")), set["keys"], "a rotation needs the whole set");
            let text = parsed(&secret)["signing"].as_str().unwrap().to_owned();
            assert_eq!(KeySet::parse(&text).unwrap().verifying().len(), 2);
        }
    }

    /// A function that writes mails about sign-ins must not be able to open a session, and the others need no key of such mails.
    #[test]
    fn keys_of_sign_in_reviews_are_in_a_member_of_their_own() {
        let (old, new) = (parsed(&generate()), parsed(&generate()));
        let all = [old["keys"].as_array().unwrap().clone(), new["keys"].as_array().unwrap().clone()].concat();
        let set = json!({"keys": all}).to_string();
        let secret = secret(&set).unwrap();
        let review = json!([all[2], all[5]]);
        assert_eq!(json!(member(&secret, "sign_in_review")), review);
        assert_eq!(sign_in_review_keys(&set), json!({"keys": review}).to_string());
        assert!(member(&secret, "sign_in_review").iter().all(is_review_key));
        for other in ["signing", "verifying", "public"] {
            assert!(!member(&secret, other).iter().any(is_review_key), "{other}");
        }
        let text = parsed(&secret)["sign_in_review"].as_str().unwrap().to_owned();
        assert_eq!(latchkey::token::keys::ReviewKeys::parse(&text).unwrap().all().len(), 2);
        let none = json!({"keys": all[..2]}).to_string();
        assert_eq!(sign_in_review_keys(&none), r#"{"keys":[]}"#);
        assert_eq!(sign_in_review_keys("x"), r#"{"keys":[]}"#);
    }

    /// RSA keys with more than two primes keep the others in `oth`, and other key types may have other private members.
    #[test]
    fn an_unknown_member_of_a_key_is_only_with_the_signer() {
        let mut set = two_sets();
        for key in set["keys"].as_array_mut().unwrap() {
            key["oth"] = json!([{"r": "private", "d": "private", "t": "private"}]);
        }
        let secret = secret(&set.to_string()).unwrap();
        let has: Vec<bool> = member(&secret, "signing").iter().map(|key| !key["oth"].is_null()).collect();
        assert_eq!(has, [true, false, false, false]);
        for cut in ["verifying", "public"] {
            assert!(!parsed(&secret)[cut].as_str().unwrap().contains("oth"), "{cut}");
        }
    }

    #[test]
    fn a_set_without_a_signing_key_is_refused() {
        let verifying = parsed(&secret(&generate()).unwrap())["verifying"].as_str().unwrap().to_owned();
        assert_eq!(secret(&verifying), Err(SecretError::Keys(KeySetError::NoSigningKey)));
        assert_eq!(secret("{}"), Err(SecretError::Keys(KeySetError::NotAKeySet)));
    }

    /// Lambda refuses such settings too, but prints them, with the private keys, into the events of the stack.
    #[test]
    fn a_set_too_large_for_a_function_is_refused_without_its_keys() {
        let mut set = parsed(&generate());
        let secret_text = set["keys"][1]["k"].as_str().unwrap().to_owned();
        for number in 0..40 {
            let key = json!({"kty": "oct", "kid": format!("rt-{number}"), "k": secret_text});
            set["keys"].as_array_mut().unwrap().push(key);
        }
        let error = secret(&set.to_string()).unwrap_err();
        assert!(matches!(error, SecretError::TooLarge(bytes) if bytes > LIMIT), "{error}");
        assert!(error.to_string().contains("`signing`") && !error.to_string().contains(&secret_text));
    }
}
