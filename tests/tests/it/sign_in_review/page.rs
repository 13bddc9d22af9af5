//! The page: what it shows, in which language, and what a browser may do with it.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use latchkey_tests::world::{BERLIN, FIREFOX, LISBON, REVIEW, Reply, World};

use super::Scene;

#[tokio::test]
async fn the_page_shows_device_place_and_time_in_the_users_language() {
    let world = World::behind_cloudfront(&[]).await;
    world.device().in_city(BERLIN).sign_in("alice").await;
    world.advance(3_723);
    world.device().in_city(LISBON).agent(FIREFOX).sign_in("alice").await;
    world.advance(86_400);
    for event in ["new_device", "new_country"] {
        let token = world.review_token("alice", event).await;
        let english = world.device().in_city(BERLIN).open_review(&token).await;
        let page = english.page(200);
        for text in [
            "<html lang=\"en\">",
            "<title>Was this you?</title>",
            "There was a new sign-in to your account at 127.0.0.1:9000.",
            "<bdi>Firefox on Linux</bdi>",
            "<bdi>Lisbon, Portugal</bdi>",
            "<time datetime=\"2026-09-21T15:15:23Z\">21 September 2026, 15:15 UTC</time>",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert_eq!(english.header("content-language"), "en");
        for hidden in ["203.0.113.9", "alice", "Chrome", "Berlin"] {
            assert!(!page.contains(hidden), "{hidden}: {page}");
        }
        let german = world.device().in_city(BERLIN).header("accept-language", "de-AT,de;q=0.9,en;q=0.5");
        let german = german.open_review(&token).await;
        for text in [
            "<html lang=\"de\">",
            "Waren Sie das?",
            "Firefox auf Linux",
            "Lisbon, Portugal",
            "21. September 2026",
        ] {
            assert!(german.page(200).contains(text), "{text}: {}", german.body);
        }
        assert_eq!(german.header("content-language"), "de");
    }
}

/// Every page, successful or not.
async fn pages() -> Vec<Reply> {
    let scene = Scene::with(&[("LIMIT_GENERAL", "2/15m")]).await;
    let mut pages = vec![
        scene.owner.open_review(&scene.token).await,
        scene.owner.open_review("made-up").await,
        scene.owner.get(REVIEW).await,
        scene.owner.send("POST", REVIEW, Some("text/plain"), "token=x").await,
    ];
    for answer in ["was_me", "was_not_me", "was_not_me", "was_not_me"] {
        pages.push(scene.owner.answer_review(&scene.token, answer).await);
    }
    let statuses: Vec<u16> = pages.iter().map(|page| page.status.as_u16()).collect();
    assert_eq!(statuses, [200, 400, 400, 415, 200, 200, 200, 429]);
    pages
}

#[tokio::test]
async fn the_page_runs_no_script_loads_nothing_and_fits_in_no_frame() {
    for reply in pages().await {
        let page = reply.page(reply.status.as_u16());
        let (_, style) = page.split_once("<style>").expect("a style");
        let (style, rest) = style.split_once("</style>").expect("its end");
        assert!(!rest.contains("<style") && !page.contains("style="), "one style: {page}");
        let hash = BASE64.encode(digest::digest(&digest::SHA256, style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(reply.header("content-security-policy"), policy);
        assert_eq!(reply.headers.get_all("content-security-policy").iter().count(), 1);
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-robots-tag", "noindex, nofollow"),
        ] {
            assert_eq!(reply.header(name), value, "{name}");
        }
        for text in ["<script", "javascript:", "src=", "<link", "@import", "url(", "http-equiv"] {
            assert!(!page.contains(text), "{text}: {page}");
        }
        assert_eq!(foreign_markup(page), [""; 0], "{page}");
    }
}

/// The tags and attributes of a page that it never has by itself, for example one that runs a script.
fn foreign_markup(page: &str) -> Vec<String> {
    const TAGS: [&str; 20] = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "h1", "p", "strong", "a", "dl",
        "dt", "dd", "bdi", "time", "form", "input", "button",
    ];
    const ATTRIBUTES: [&str; 12] = [
        "html", "lang", "charset", "name", "content", "class", "href", "datetime", "method", "action",
        "type", "value",
    ];
    // The style may have any character, and the policy of the page pins its text.
    let (before, rest) = page.split_once("<style>").unwrap_or(("", page));
    let after = rest.split_once("</style>").map_or(rest, |(_, after)| after);
    let mut foreign = vec![];
    for tag in [before, after].into_iter().flat_map(|part| part.split('<').skip(1)) {
        let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
        // Values are between quotation marks, which are escaped in them.
        let outside: String = tag.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        let mut words = outside.split([' ', '\n', '\t', '=']).filter(|word| !word.is_empty());
        let name = words.next().unwrap_or_default().trim_start_matches('/');
        if !TAGS.contains(&name) {
            foreign.push(format!("<{name}"));
        }
        foreign.extend(words.filter(|word| !ATTRIBUTES.contains(word)).map(|word| format!("<{name} {word}")));
    }
    foreign
}

#[test]
fn markup_of_an_attacker_is_found_by_its_tag_or_its_attribute() {
    for (markup, found) in [
        ("<p onmouseover=alert(1)>", "<p onmouseover"),
        ("<bdi\nONFOCUS=\"x\" lang=\"en\">", "<bdi ONFOCUS"),
        ("<input class=\"a\" formaction=\"//evil.example\">", "<input formaction"),
        ("<svg/onload=alert(1)>", "<svg/onload"),
        ("<img>", "<img"),
    ] {
        let foreign = foreign_markup(markup);
        assert!(foreign.iter().any(|one| one == found), "{markup}: {foreign:?}");
    }
    assert_eq!(foreign_markup("<p class=\"onclick=x\">on=1</p><input type=\"hidden\" value=\"a\">"), [""; 0]);
}

/// After an answer the token is in no URL any more.
#[tokio::test]
async fn the_form_sends_the_token_in_its_body() {
    let scene = Scene::new().await;
    let reply = scene.owner.open_review(&scene.token).await;
    let page = reply.page(200);
    assert!(page.contains(r#"<form method="post" action="sign-in-review">"#), "{page}");
    assert!(
        page.contains(&format!(r#"<input type="hidden" name="token" value="{}">"#, scene.token)),
        "{page}"
    );
    assert_eq!(page.matches("<button").count(), 2);
    for reply in [
        scene.owner.answer_review(&scene.token, "was_me").await,
        scene.owner.answer_review(&scene.token, "was_not_me").await,
    ] {
        assert!(!reply.page(200).contains("?token="), "{}", reply.body);
    }
}

/// A thief chooses the user agent, and a proxy perhaps the place.
#[tokio::test]
async fn hostile_texts_of_a_sign_in_are_shown_as_text() {
    let agents = [
        "<script>alert(1)</script>/1.0",
        "\"><img src=x onerror=alert(1)>/1.0",
        "</bdi></dl><form action=//evil.example>/1.0",
        "'&quot;--><svg/onload=alert(1)>/2",
    ];
    for agent in agents {
        let world = World::behind_cloudfront(&[]).await;
        world.device().in_city(BERLIN).sign_in("alice").await;
        let thief = world.device().in_city(LISBON).agent(agent);
        let thief = thief.header("cloudfront-viewer-city", "%3Cb%3ELisbon%3C%2Fb%3E%22%27");
        thief.sign_in("alice").await;
        let token = world.review_token("alice", "new_device").await;
        let reply = world.device().in_city(BERLIN).open_review(&token).await;
        let page = reply.page(200);
        assert_eq!(foreign_markup(page), [""; 0], "{agent}: {page}");
        assert_eq!(page.matches("<form").count(), 1, "{agent}");
    }
}

/// Mail scanners and previews open the links of a message, some of them with HEAD, and some more than once.
#[tokio::test]
async fn a_scanner_that_follows_the_link_changes_nothing() {
    let scene = Scene::new().await;
    let before = scene.world.everything().await;
    scene.world.server.stats.reset();
    let scanner = scene.world.device().agent("Mozilla/5.0 (compatible; MailScanner/1.0)").elsewhere();
    let path = format!("{REVIEW}?token={}", scene.token);
    for _ in 0..5 {
        scanner.get(&path).await.page(200);
        scanner.get(&format!("{path}&answer=was_not_me")).await.page(200);
        for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"] {
            scanner.send(method, &path, None, "").await;
        }
    }
    assert_eq!(scene.world.server.stats.total().write_units, 0.0);
    scene.world.assert_unchanged(&before, "a scanner").await;
    scene.assert_untouched("a scanner").await;
}

/// The event of a sign-in is kept for `EVENT_TTL`, which may be shorter than a link lives.
#[tokio::test]
async fn a_page_whose_sign_in_is_no_longer_kept_still_ends_the_session() {
    let scene = Scene::new().await;
    let token = scene.world.review_token_without_event("alice", &scene.stolen.session);
    let reply = scene.owner.open_review(&token).await;
    assert!(!reply.page(200).contains("<dl>") && reply.page(200).matches("<button").count() == 2);
    scene.owner.answer_review(&token, "was_not_me").await.page(200);
    scene.assert_thief_is_out().await;
}
