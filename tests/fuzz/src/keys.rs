//! Idempotency keys: a header and a list, each key with one spelling.

use http::{HeaderMap, HeaderValue};
use latchkey::http::idempotency_key::{of_request, previous_of};

const NAME: &str = "idempotency-key";

/// Lines of `Idempotency-Key` headers, an empty line, and `previous_keys` with blanks between them: exactly the keys of the
/// permitted form are read, each as it was written, and none if the header is there twice.
pub fn idempotency_keys(bytes: &[u8]) {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let mut headers = HeaderMap::new();
    let lines = bytes[..end].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for line in lines.filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(NAME, line);
    }
    let values: Vec<&[u8]> = headers.get_all(NAME).iter().map(HeaderValue::as_bytes).collect();
    let expected = match *values {
        [] => Ok(None),
        [value] if is_key(plain(value)) => Ok(Some(plain(value))),
        _ => Err(()),
    };
    let read = of_request(&headers).map_err(drop);
    let read = read.as_ref().map(|key| key.as_ref().map(|key| key.expose().as_bytes()));
    assert_eq!(read, expected.as_ref().map(|key| *key));
    let Ok(list) = std::str::from_utf8(&bytes[(end + 2).min(bytes.len())..]) else { return };
    let list: Vec<String> = list.split(' ').map(str::to_owned).collect();
    match previous_of(Some(&list)) {
        Ok(keys) => {
            let read: Vec<&str> = keys.iter().map(|key| key.expose()).collect();
            assert!(read == list && list.len() <= 2 && list.iter().all(|key| is_key(key.as_bytes())));
        }
        Err(_) => assert!(list.len() > 2 || !list.iter().all(|key| is_key(key.as_bytes()))),
    }
}

/// The text of a plain or quoted value.
fn plain(value: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !is_blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    match &value[start..end] {
        [b'"', text @ .., b'"'] => text,
        text => text,
    }
}

fn is_key(text: &[u8]) -> bool {
    let is_permitted = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    matches!(text.len(), 16..=64) && text.iter().all(is_permitted)
}
