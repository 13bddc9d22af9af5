//! The document: a question with two buttons, the result of an answer, or the reason why a link does not work.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::texts::{Texts, filled};
use crate::app::App;
use crate::config::BASE;
use crate::domain::event::StoredEvent;
use crate::domain::sign_in_review::ReviewAnswer;
use crate::domain::time::Timestamp;
use crate::http::html::Page;

/// The style of the page. The policy of the response allows this text and no other.
const STYLE: &str = include_str!("page.css");

/// The sign-in that the user is asked about.
pub(super) struct Asked<'a> {
    /// The token of the link, for the next answer.
    pub(super) token: &'a str,
    /// Its event, if it is still kept.
    pub(super) sign_in: Option<&'a StoredEvent>,
}

/// The content of the page.
pub(super) enum View<'a> {
    /// Was this you?
    Question(Asked<'a>),
    /// The session has ended.
    Reported(Option<&'a StoredEvent>),
    /// The answer is recorded, and another one is possible until then.
    Confirmed(Asked<'a>, Timestamp),
    /// The link or the form is wrong.
    Invalid,
    /// The link has expired.
    Expired,
    /// Too many answers until then.
    Limited(Timestamp),
    /// The store cannot be reached. With the token of the link there is a form to try again.
    Unavailable(Option<String>),
}

/// Renders the page.
pub(super) fn render(app: &App, texts: &'static Texts, view: &View<'_>, now: Timestamp) -> Page {
    let (title, content) = content(app, texts, view, now);
    let document = html! {
        (DOCTYPE)
        html lang=(texts.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    };
    Page { html: document.into_string(), language: texts.language, style: STYLE }
}

/// The title and what is below it.
fn content<'t>(app: &App, texts: &'t Texts, view: &View<'_>, now: Timestamp) -> (&'t str, Markup) {
    let words = texts.words();
    match view {
        View::Question(asked) => (
            words.title.as_str(),
            html! {
                p { (filled(&words.intro, &[("host", host(app))])) }
                (facts(texts, asked.sign_in))
                (form(texts, asked.token, &[ReviewAnswer::WasNotMe, ReviewAnswer::WasMe]))
                p.note { (words.effects) }
            },
        ),
        View::Reported(sign_in) => {
            let until = texts.moment(now + app.config().longest_access_lifetime());
            let password = &app.config().sign_in_review.password_change_url;
            (
                words.reported.as_str(),
                html! {
                    (facts(texts, *sign_in))
                    p { (filled(&words.open_pages, &[("until", &until)])) }
                    p { strong { (words.password) } }
                    @if let Some(url) = password {
                        p { a.button.main href=(url) { (words.change_password) } }
                    }
                    p { (words.other_devices) }
                },
            )
        }
        View::Confirmed(asked, until) => (
            words.confirmed.as_str(),
            html! {
                p { (words.nothing_changed) }
                (facts(texts, asked.sign_in))
                p { (filled(&words.still_possible, &[("until", &texts.moment(*until))])) }
                (form(texts, asked.token, &[ReviewAnswer::WasNotMe]))
            },
        ),
        View::Invalid => (words.invalid.as_str(), html! { p { (words.incomplete) } }),
        View::Expired => (words.expired.as_str(), html! { p { (words.lifetime) } }),
        View::Limited(until) => (
            words.limited.as_str(),
            html! { p { (filled(&words.try_after, &[("until", &texts.moment(*until))])) } },
        ),
        View::Unavailable(token) => (
            words.unavailable.as_str(),
            html! {
                p { (words.try_again) }
                @if let Some(token) = token {
                    (form(texts, token, &[ReviewAnswer::WasNotMe, ReviewAnswer::WasMe]))
                }
            },
        ),
    }
}

/// Device, place and time. Each value is isolated, because a device has the name that its client chose, in any writing direction.
fn facts(texts: &Texts, sign_in: Option<&StoredEvent>) -> Markup {
    let words = texts.words();
    let Some(sign_in) = sign_in else { return html! {} };
    let place = texts.place_of(sign_in);
    html! {
        dl {
            dt { (words.device) }
            dd { bdi { (texts.device_of(sign_in)) } }
            dt { (words.place) }
            dd { bdi { (place.as_ref().unwrap_or(&words.unknown)) } }
            dt { (words.time) }
            dd { time datetime=(sign_in.created_at.to_rfc3339()) { (texts.moment(sign_in.created_at)) } }
        }
        p.note { (words.estimates) }
    }
}

/// The buttons. The URL of the form is relative, so that it stays below the path of the page, and has no token.
fn form(texts: &Texts, token: &str, answers: &[ReviewAnswer]) -> Markup {
    let words = texts.words();
    html! {
        form method="post" action="sign-in-review" {
            input type="hidden" name="token" value=(token);
            @for answer in answers {
                @let (class, text) = match answer {
                    ReviewAnswer::WasNotMe => ("main", &words.was_not_me),
                    ReviewAnswer::WasMe => ("", &words.was_me),
                };
                button class=(class) name="answer" value=(answer.as_str()) { (text) }
            }
        }
    }
}

/// The host of the deployment, by which a user recognises it.
fn host(app: &App) -> &str {
    let origin = app.config().issuer.strip_suffix(BASE).unwrap_or_default();
    origin.split_once("://").map_or(origin, |(_, host)| host)
}
