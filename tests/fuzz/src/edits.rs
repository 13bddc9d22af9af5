//! How do bytes change a text? As a list of edits: where, and what becomes of the character there.

/// The text as the bytes change it, three a time: two say where; the last is the character that is put there, or is
/// put in before it (with the highest bit), or 127 takes it away. None when nothing has changed.
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
    let changed = String::from_utf8(changed).expect("ASCII stays ASCII");
    (changed != text).then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_puts_puts_in_or_takes_away() {
        assert_eq!(edited("abc", &[0, 1, b'x']).as_deref(), Some("axc"));
        assert_eq!(edited("abc", &[0, 1, b'x' | 128]).as_deref(), Some("axbc"));
        assert_eq!(edited("abc", &[0, 1, 127]).as_deref(), Some("ac"));
        assert_eq!(edited("abc", &[0, 3, b'd']).as_deref(), Some("abcd"));
        assert_eq!(edited("abc", &[0, 1, b'x', 0, 1, b'b']), None, "changed and changed back");
    }
}
