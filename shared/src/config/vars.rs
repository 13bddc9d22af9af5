//! Reads one setting.

use super::{ConfigError, Problem, SETTINGS};

/// A source of settings.
pub(super) struct Vars<'a> {
    pub(super) lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Vars<'_> {
    /// The value that is set. An empty one counts as not set.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.trim().is_empty())
    }

    /// Reads one setting. Its default comes from the table, so that the documentation shows the value that applies.
    pub(super) fn get<T, E: Into<Problem>>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        let default =
            SETTINGS.iter().find(|setting| setting.name == name).and_then(|setting| setting.default);
        let given = self.given(name).or(default.map(str::to_owned));
        let text = given.ok_or(ConfigError { name, problem: Problem::Missing })?;
        parse(text.trim()).map_err(|error| ConfigError { name, problem: error.into() })
    }
}
