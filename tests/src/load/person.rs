//! One person with one browser. It acts, keeps its tokens, and counts the mistakes of the server.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::api::{Answer, Api, Credential};
use super::keys::Keys;
use super::tally::{Action, Tally};

/// Shorter than a real client waits, so that the person meets as many faults as possible.
const WAIT: Duration = Duration::from_millis(20);

/// How often a person repeats a request after a broken connection, 429 or 503.
const PATIENCE: usize = 200;

pub(super) struct Person {
    name: String,
    tokens: Option<Tokens>,
    /// Every second person has a client that keeps keys.
    keys: Option<Keys>,
}

struct Tokens {
    access: String,
    refresh: String,
}

impl Person {
    pub(super) fn new(number: usize) -> Self {
        let keys = number.is_multiple_of(2).then(|| Keys::new(number));
        Self { name: format!("person-{number}"), tokens: None, keys }
    }

    /// Does one action. A signed-out person can only sign in.
    pub(super) async fn act(&mut self, action: Action, api: &Api, tally: &mut Tally) {
        match (&self.tokens, action) {
            (None, _) => self.sign_in(api, tally).await,
            (Some(_), Action::Refresh | Action::SignIn) => self.refresh(api, tally).await,
            (Some(tokens), Action::Status) => {
                let answer = ask(
                    api,
                    tally,
                    action,
                    Method::GET,
                    "/api/auth/refresh",
                    Credential::Cookie(&tokens.refresh),
                    None,
                );
                let is_alive = answer.await.is_none_or(|answer| answer.body["can_refresh"] == true);
                self.expect_alive(is_alive, tally);
            }
            (Some(tokens), Action::List) => {
                let credential = Credential::Access(&tokens.access);
                let answer =
                    ask(api, tally, action, Method::GET, "/api/auth/sessions", credential, None).await;
                self.expect_alive(answer.is_none_or(|answer| answer.status != 401), tally);
            }
            (Some(_), Action::SignOut) => self.sign_out(api, tally).await,
        }
    }

    async fn sign_in(&mut self, api: &Api, tally: &mut Tally) {
        let who = json!({"sub": self.name});
        let Some(made) = api.call(Method::POST, "/dev/assertion", Credential::None, Some(who)).await else {
            return;
        };
        let body = json!({"assertion": made.body["assertion"], "delivery": "body"});
        let path = "/api/auth/login";
        let key = self.keys.as_mut().map(|keys| keys.begin().remove(0));
        let credential = key.as_deref().map_or(Credential::None, Credential::Key);
        let answer = ask(api, tally, Action::SignIn, Method::POST, path, credential, Some(body)).await;
        if let (Some(keys), Some(_)) = (&mut self.keys, &answer) {
            keys.done();
        }
        self.tokens = answer.and_then(|answer| parse_tokens(&answer));
    }

    async fn refresh(&mut self, api: &Api, tally: &mut Tally) {
        let Some(tokens) = &self.tokens else { return };
        let shown = self.keys.as_mut().map(Keys::begin).unwrap_or_default();
        let credential = shown.first().map_or(Credential::None, |key| Credential::Key(key));
        let body = json!({"refresh_token": tokens.refresh, "previous_keys": shown.get(1..)});
        let path = "/api/auth/refresh";
        let answer = ask(api, tally, Action::Refresh, Method::POST, path, credential, Some(body)).await;
        let Some(answer) = answer else { return };
        if let Some(keys) = self.keys.as_mut().filter(|_| answer.body["key_used"] != false) {
            keys.done();
        }
        self.expect_alive(answer.status != 401, tally);
        if let Some(next) = parse_tokens(&answer) {
            self.tokens = Some(next);
        }
    }

    /// Signs out and checks that neither token is accepted afterwards.
    async fn sign_out(&mut self, api: &Api, tally: &mut Tally) {
        let Some(tokens) = self.tokens.take() else { return };
        let (body, credential) = (json!({"strategy": "current"}), Credential::Access(&tokens.access));
        let path = "/api/auth/revoke";
        let answer = ask(api, tally, Action::SignOut, Method::POST, path, credential, Some(body)).await;
        if answer.is_none_or(|answer| answer.status != 200) {
            // No response reported the end of this session, and none will.
            return;
        }
        let list =
            ask_uncounted(api, Method::GET, "/api/auth/sessions", Credential::Access(&tokens.access), None)
                .await;
        let (path, body) = ("/api/auth/refresh", json!({"refresh_token": tokens.refresh}));
        let again = ask_uncounted(api, Method::POST, path, Credential::None, Some(body)).await;
        let (Some(list), Some(again)) = (list, again) else { return };
        if list.status == 401 && again.status == 401 {
            tally.stayed_out += 1;
        } else {
            tally.let_in_after_sign_out += 1;
        }
    }

    fn expect_alive(&mut self, is_alive: bool, tally: &mut Tally) {
        if !is_alive {
            tally.signed_out_for_nothing += 1;
            self.tokens = None;
        }
    }
}

/// Repeats a request until the response is neither 429 nor 503. Returns none after [`PATIENCE`] attempts.
async fn ask(
    api: &Api,
    tally: &mut Tally,
    action: Action,
    method: Method,
    path: &str,
    credential: Credential<'_>,
    body: Option<Value>,
) -> Option<Answer> {
    for _ in 0..PATIENCE {
        match api.call(method.clone(), path, credential, body.clone()).await {
            Some(answer) => {
                tally.answered(action, answer.status, answer.took);
                if !matches!(answer.status, 429 | 503) {
                    return Some(answer);
                }
            }
            None => tally.broken += 1,
        }
        tokio::time::sleep(WAIT).await;
    }
    None
}

/// As [`ask`], but without a tally, because these requests must be refused and people do not send them.
async fn ask_uncounted(
    api: &Api,
    method: Method,
    path: &str,
    credential: Credential<'_>,
    body: Option<Value>,
) -> Option<Answer> {
    ask(api, &mut Tally::default(), Action::List, method, path, credential, body).await
}

fn parse_tokens(answer: &Answer) -> Option<Tokens> {
    let text = |member: &str| answer.body[member].as_str().map(str::to_owned);
    Some(Tokens { access: text("access_token")?, refresh: text("refresh_token")? })
}
