//! Edits: bytes as a list of changes to a text, so that a fuzzer reaches inputs close to a valid token.

/// The text after the edits, or `None` if they change nothing. Each edit has three bytes. The first two are the position.
/// The third one replaces the character there, or deletes it if it is 127. With its highest bit, it is inserted before
/// the position.
pub fn edited(text: &str, bytes: &[u8]) -> Option<String> {
    let mut changed = text.as_bytes().to_vec();
    for edit in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (changed.len() + 1);
        match edit[2] {
            127 if at < changed.len() => drop(changed.remove(at)),
            put if put >= 128 || at == changed.len() => changed.insert(at, put & 127),
            put => changed[at] = put,
        }
    }
    let changed = String::from_utf8(changed).expect("an edit of ASCII text is ASCII text");
    (changed != text).then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_replaces_inserts_or_deletes() {
        assert_eq!(edited("abc", &[0, 1, b'x']).as_deref(), Some("axc"));
        assert_eq!(edited("abc", &[0, 1, b'x' | 128]).as_deref(), Some("axbc"));
        assert_eq!(edited("abc", &[0, 1, 127]).as_deref(), Some("ac"));
        assert_eq!(edited("abc", &[0, 3, b'd']).as_deref(), Some("abcd"));
        assert_eq!(edited("abc", &[0, 1, b'x', 0, 1, b'b']), None, "changed and changed back");
    }
}
