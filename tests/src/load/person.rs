//! One person with one browser: what it holds, what it does, and what it would complain about.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::api::{Answer, Api, Shown};
use super::tally::{Kind, Tally};

/// A client waits longer; here the next fault is to be met.
const WAIT: Duration = Duration::from_millis(20);

/// How often a person asks again when there is no answer, or the one to wait.
const PATIENCE: usize = 200;

pub(super) struct Person {
    name: String,
    held: Option<Tokens>,
}

struct Tokens {
    access: String,
    refresh: String,
}

impl Person {
    pub(super) fn new(number: usize) -> Self {
        Self { name: format!("person-{number}"), held: None }
    }

    /// Does one thing. A signed-out person can only sign in.
    pub(super) async fn act(&mut self, kind: Kind, api: &Api, tally: &mut Tally) {
        match (&self.held, kind) {
            (None, _) => self.sign_in(api, tally).await,
            (Some(_), Kind::Refresh | Kind::SignIn) => self.refresh(api, tally).await,
            (Some(held), Kind::Status) => {
                let answer = ask(
                    api,
                    tally,
                    kind,
                    Method::GET,
                    "/api/auth/refresh",
                    Shown::Cookie(&held.refresh),
                    None,
                );
                let is_alive = answer.await.is_none_or(|answer| answer.body["can_refresh"] == true);
                self.expect_alive(is_alive, tally);
            }
            (Some(held), Kind::List) => {
                let shown = Shown::Access(&held.access);
                let answer = ask(api, tally, kind, Method::GET, "/api/auth/sessions", shown, None).await;
                self.expect_alive(answer.is_none_or(|answer| answer.status != 401), tally);
            }
            (Some(_), Kind::SignOut) => self.sign_out(api, tally).await,
        }
    }

    async fn sign_in(&mut self, api: &Api, tally: &mut Tally) {
        let who = json!({"sub": self.name});
        let Some(made) = api.call(Method::POST, "/dev/assertion", Shown::Nothing, Some(who)).await else {
            return;
        };
        let body = json!({"assertion": made.body["assertion"], "delivery": "body"});
        let path = "/api/auth/login";
        let answer = ask(api, tally, Kind::SignIn, Method::POST, path, Shown::Nothing, Some(body)).await;
        self.held = answer.and_then(|answer| tokens(&answer));
    }

    async fn refresh(&mut self, api: &Api, tally: &mut Tally) {
        let Some(held) = &self.held else { return };
        let body = json!({"refresh_token": held.refresh});
        let path = "/api/auth/refresh";
        let answer = ask(api, tally, Kind::Refresh, Method::POST, path, Shown::Nothing, Some(body)).await;
        let Some(answer) = answer else { return };
        self.expect_alive(answer.status != 401, tally);
        if let Some(next) = tokens(&answer) {
            self.held = Some(next);
        }
    }

    /// Signs out, and sees that it is so.
    async fn sign_out(&mut self, api: &Api, tally: &mut Tally) {
        let Some(held) = self.held.take() else { return };
        let (body, shown) = (json!({"strategy": "current"}), Shown::Access(&held.access));
        let path = "/api/auth/revoke";
        let answer = ask(api, tally, Kind::SignOut, Method::POST, path, shown, Some(body)).await;
        if answer.is_none_or(|answer| answer.status != 200) {
            // No response reported the end of this session, and none will.
            return;
        }
        let list = insist(api, Method::GET, "/api/auth/sessions", Shown::Access(&held.access), None).await;
        let (path, body) = ("/api/auth/refresh", json!({"refresh_token": held.refresh}));
        let again = insist(api, Method::POST, path, Shown::Nothing, Some(body)).await;
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
            self.held = None;
        }
    }
}

/// Asks until the answer is another than to wait; none when patience ends.
async fn ask(
    api: &Api,
    tally: &mut Tally,
    kind: Kind,
    method: Method,
    path: &str,
    shown: Shown<'_>,
    body: Option<Value>,
) -> Option<Answer> {
    for _ in 0..PATIENCE {
        match api.call(method.clone(), path, shown, body.clone()).await {
            Some(answer) => {
                tally.answered(kind, answer.status, answer.took);
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

/// As [`ask`], for what is to be refused: it is no call that people make.
async fn insist(
    api: &Api,
    method: Method,
    path: &str,
    shown: Shown<'_>,
    body: Option<Value>,
) -> Option<Answer> {
    ask(api, &mut Tally::default(), Kind::List, method, path, shown, body).await
}

fn tokens(answer: &Answer) -> Option<Tokens> {
    let text = |member: &str| answer.body[member].as_str().map(str::to_owned);
    Some(Tokens { access: text("access_token")?, refresh: text("refresh_token")? })
}
