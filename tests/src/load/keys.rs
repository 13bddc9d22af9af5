//! The idempotency keys of one client, by the rules of the npm package.

/// The newest three keys, the newest first.
pub(super) struct Keys {
    owner: usize,
    made: usize,
    newest: Vec<String>,
    is_pending: bool,
}

impl Keys {
    pub(super) fn new(owner: usize) -> Self {
        Self { owner, made: 0, newest: vec![], is_pending: false }
    }

    /// The keys of a request that is about to be sent. A key that has made no tokens yet is sent again.
    pub(super) fn begin(&mut self) -> Vec<String> {
        if !self.is_pending {
            self.made += 1;
            self.newest.insert(0, format!("key-of-a-person-{}-{}", self.owner, self.made));
            self.newest.truncate(3);
            self.is_pending = true;
        }
        self.newest.clone()
    }

    /// The newest key has made tokens.
    pub(super) fn done(&mut self) {
        self.is_pending = false;
    }
}
