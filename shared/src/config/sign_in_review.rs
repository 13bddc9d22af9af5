//! The settings of sign-in reviews.

use super::vars::Vars;
use super::{ConfigError, value};
use crate::token::keys::ReviewKeys;

/// The settings of sign-in reviews.
#[derive(Clone, Debug)]
pub struct SignInReviewConfig {
    /// The keys of the links. Without a key no link works.
    pub keys: ReviewKeys,
    /// The page at which users change their password.
    pub password_change_url: Option<String>,
}

pub(super) fn sign_in_review(vars: &Vars<'_>) -> Result<SignInReviewConfig, ConfigError> {
    Ok(SignInReviewConfig {
        keys: vars.get("SIGN_IN_REVIEW_KEYS", ReviewKeys::parse)?,
        password_change_url: vars.get("PASSWORD_CHANGE_URL", value::page_url)?,
    })
}
