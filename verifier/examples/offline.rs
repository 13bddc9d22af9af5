//! Verifies one token, offline. Without arguments it is the sample token of this folder:
//!
//! ```text
//! cargo run -p latchkey-verifier --example offline
//! cargo run -p latchkey-verifier --example offline -- jwks.json https://app.example.com/api/auth shop "$TOKEN"
//! ```

use std::error::Error;
use std::time::{Duration, SystemTime};

use latchkey_verifier::{AccessTokenError, Claims, Verifier};

const SAMPLE_JWKS: &str = include_str!("sample/jwks.json");
const SAMPLE_TOKEN: &str = include_str!("sample/token.txt");

/// The sample is valid for an hour from here, in September 2026.
const SAMPLE_BEGINS: Duration = Duration::from_secs(1_790_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => sample(),
        [jwks_file, issuer, audience, token] => {
            let verifier = Verifier::parse(&std::fs::read_to_string(jwks_file)?, issuer, audience)?;
            print(verifier.verify(token, SystemTime::now()));
            Ok(())
        }
        _ => Err("expected no arguments, or: <jwks file> <issuer> <audience> <token>".into()),
    }
}

/// The same token in time, an hour later, and with a changed signature.
fn sample() -> Result<(), Box<dyn Error>> {
    let verifier = Verifier::parse(SAMPLE_JWKS, "https://app.example.com/api/auth", "shop")?;
    let (token, begins) = (SAMPLE_TOKEN.trim(), SystemTime::UNIX_EPOCH + SAMPLE_BEGINS);
    print(verifier.verify(token, begins));
    print(verifier.verify(token, begins + Duration::from_secs(3600)));
    print(verifier.verify(&token.replace("uvqXp", "uvqXq"), begins));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn print(outcome: Result<Claims, AccessTokenError>) {
    match outcome {
        Ok(claims) => println!("valid: user {}, session {}, scope {}", claims.sub, claims.sid, claims.scope),
        Err(error) => println!("refused: {error}"),
    }
}
