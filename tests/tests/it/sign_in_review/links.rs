//! Which links work: those of this deployment, whole, in their body, and for seven days.

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{REVIEW, World};
use serde_json::{Value, json};

use super::Scene;

#[tokio::test]
async fn a_link_works_for_seven_days() {
    let scene = Scene::with(&[("REFRESH_TOKEN_TTL", "30d")]).await;
    scene.world.advance(7 * 86_400 - 1);
    scene.owner.open_review(&scene.token).await.page(200);
    scene.world.advance(1);
    let before = scene.world.everything().await;
    scene.world.server.stats.reset();
    for reply in [
        scene.owner.open_review(&scene.token).await,
        scene.owner.answer_review(&scene.token, "was_not_me").await,
    ] {
        assert!(reply.page(400).contains("This link has expired"), "{}", reply.body);
        assert!(!reply.page(400).contains("<form"), "{}", reply.body);
    }
    assert_eq!(scene.world.server.stats.total().calls, 0);
    scene.world.assert_unchanged(&before, "an expired link").await;
    scene.assert_untouched("an expired link").await;
}

#[tokio::test]
async fn forged_cut_and_foreign_tokens_change_nothing_and_cost_no_call() {
    let scene = Scene::new().await;
    let other = Scene::new().await;
    let token = &scene.token;
    let mut flipped = token.clone().into_bytes();
    let at = flipped.len() / 2;
    flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
    let cursor = {
        let own = scene.owner.clone().bearer(&scene.own.access);
        own.get("/api/auth/sessions/events?limit=1").await.text("next_cursor")
    };
    let swapped = format!("{}{}", &other.token[..22], &token[22..]);
    let forged = [
        String::new(),
        "x".to_owned(),
        token[..token.len() - 1].to_owned(),
        token[..22].to_owned(),
        format!("{token}A"),
        format!("{token}%3D"),
        String::from_utf8(flipped).expect("ASCII"),
        swapped,
        // Tokens of this server with another purpose, and of another deployment.
        scene.stolen.access.clone(),
        scene.stolen.refresh.clone(),
        scene.stolen.session.clone(),
        cursor,
        other.token.clone(),
        "A".repeat(2_000),
        "%00%FF".to_owned(),
    ];
    scene.world.server.stats.reset();
    for token in forged {
        for reply in
            [scene.owner.open_review(&token).await, scene.owner.answer_review(&token, "was_not_me").await]
        {
            assert!(reply.page(400).contains("This link doesn't work"), "{token}: {}", reply.body);
            assert!(!reply.page(400).contains("<form"), "{token}");
        }
    }
    assert_eq!(scene.world.server.stats.total().calls, 0);
    scene.assert_untouched("a forged link").await;
}

/// A link in a mail can only be opened. The answer must come from a form.
#[tokio::test]
async fn an_answer_with_the_token_in_the_query_is_refused() {
    let scene = Scene::new().await;
    let query = format!("{REVIEW}?token={}&answer=was_not_me", scene.token);
    let form = Some("application/x-www-form-urlencoded");
    for (media, body) in
        [(form, ""), (form, "answer=was_not_me"), (form, "token=&answer=was_not_me"), (None, "")]
    {
        let reply = scene.owner.send("POST", &query, media, body.to_owned()).await;
        assert!([400, 415].contains(&reply.status.as_u16()), "{body}: {}", reply.status);
        reply.page(reply.status.as_u16());
    }
    scene.assert_untouched("a token in the query").await;
}

#[tokio::test]
async fn an_incomplete_or_ambiguous_form_is_refused() {
    let scene = Scene::new().await;
    let token = &scene.token;
    for form in [
        format!("token={token}"),
        format!("token={token}&answer="),
        format!("token={token}&answer=WAS_NOT_ME"),
        format!("token={token}&answer=was_me&answer=was_not_me"),
        format!("token={token}&token={token}&answer=was_not_me"),
        format!("Token={token}&answer=was_not_me"),
    ] {
        scene.owner.send_review(&form).await.page(400);
    }
    scene
        .owner
        .send_review(&format!("token={token}&answer=was_not_me&x={}", "y".repeat(4_096)))
        .await
        .page(413);
    for media in
        ["application/json", "multipart/form-data", "application/x-www-form-urlencoded;charset=utf-16"]
    {
        let body = format!("token={token}&answer=was_not_me");
        scene.owner.send("POST", REVIEW, Some(media), body).await.page(415);
    }
    scene.assert_untouched("a wrong form").await;
}

/// The same set of keys in two stages of a deployment must not let a link of one end a session of the other.
#[tokio::test]
async fn a_link_of_another_issuer_with_the_same_keys_is_refused() {
    let keys = generate_key_set();
    let review: Value = serde_json::from_str(&keys).expect("JSON");
    let review = json!({"keys": [review["keys"][2]]}).to_string();
    let settings = [("LATCHKEY_KEYS", keys.as_str()), ("SIGN_IN_REVIEW_KEYS", review.as_str())];
    let scene = Scene::with(&settings).await;
    let staging = [&settings[..], &[("LATCHKEY_ISSUER", "https://staging.example.com/api/auth")]].concat();
    let staging = scene.world.redeployed(&staging, IssuerKeyCache::default());
    staging.device().answer_review(&scene.token, "was_not_me").await.page(400);
    scene.assert_untouched("a link of another stage").await;
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
    scene.assert_thief_is_out().await;
}

#[tokio::test]
async fn a_key_that_was_replaced_opens_links_until_it_is_removed() {
    let set = |text: &str| serde_json::from_str::<Value>(text).expect("JSON")["keys"][2].clone();
    let (keys, next) = (generate_key_set(), set(&generate_key_set()));
    let old = set(&keys);
    let of = |list: &[&Value]| json!({"keys": list}).to_string();
    let first = of(&[&old]);
    let scene = Scene::with(&[("LATCHKEY_KEYS", &keys), ("SIGN_IN_REVIEW_KEYS", &first)]).await;
    let deployed = |review: &str| {
        let settings = [("LATCHKEY_KEYS", keys.as_str()), ("SIGN_IN_REVIEW_KEYS", review)];
        scene.world.redeployed(&settings, IssuerKeyCache::default())
    };
    let both = deployed(&of(&[&next, &old]));
    both.device().open_review(&scene.token).await.page(200);
    assert_ne!(both.review_token("alice", "new_device").await, scene.token, "the new key seals");
    for review in [of(&[&next]), of(&[]), String::new()] {
        deployed(&review).device().open_review(&scene.token).await.page(400);
    }
}

/// A reader of the user's mail must not be able to use up the attempts of the user.
#[tokio::test]
async fn answers_are_limited_for_one_link_and_network() {
    let scene = Scene::with(&[("LIMIT_GENERAL", "2/15m")]).await;
    let thief = scene.thief.clone();
    for _ in 0..2 {
        thief.answer_review(&scene.token, "was_me").await.page(200);
    }
    let refused = thief.answer_review(&scene.token, "was_me").await;
    assert!(refused.page(429).contains("Too many attempts"), "{}", refused.body);
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=900).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit-policy").starts_with("\"general\";q=2"));
    // Its own calls are counted apart.
    thief.list(&scene.stolen.access).await.assert_status(200);
    for answer in ["was_me", "was_not_me"] {
        scene.owner.answer_review(&scene.token, answer).await.page(200);
    }
    scene.assert_thief_is_out().await;
    scene.world.advance(wait);
    thief.answer_review(&scene.token, "was_me").await.page(200);
}

/// A thief in the same house or office has the network of the user.
#[tokio::test]
async fn no_number_of_it_was_me_blocks_it_was_not_me_on_the_same_network() {
    let scene = Scene::with(&[("LIMIT_GENERAL", "2/15m")]).await;
    for status in [200, 200, 429, 429] {
        scene.owner.answer_review(&scene.token, "was_me").await.page(status);
    }
    scene.owner.answer_review(&scene.token, "was_not_me").await.page(200);
    scene.assert_thief_is_out().await;
}

#[tokio::test]
async fn without_keys_no_link_works() {
    let world = World::with(&[("SIGN_IN_REVIEW_KEYS", r#"{"keys":[]}"#)]).await;
    let scene = Scene::new().await;
    world.device().open_review(&scene.token).await.page(400);
    world.device().answer_review(&scene.token, "was_not_me").await.page(400);
}
