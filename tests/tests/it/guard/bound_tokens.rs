//! Tokens that the server bound to a key, at another service: only the holder of the key gets in, while its session lives.

use latchkey_tests::world::DeviceKey;
use latchkey_verifier::dpop::BaseUrls;
use serde_json::json;

use crate::guard::other_host::{OtherHost, outcome};
use crate::guard::shop::Mode;

/// The origin in the proofs of a [`DeviceKey`].
const ORIGIN: &str = "http://127.0.0.1:9000";

#[tokio::test]
async fn another_service_accepts_a_bound_token_from_the_holder_of_its_key_only() {
    let host = OtherHost::open().await;
    let urls = || BaseUrls::parse([ORIGIN]).expect("it is an origin");
    let check = |mode| host.check(mode).public_urls(urls());
    let (world, offline, strict) = (&host.world, check(Mode::Offline), check(Mode::Strict));

    let (owner, thief) = (DeviceKey::generate(), DeviceKey::generate());
    let device = world.device().with_key(&owner);
    let reply = device.login(&world.assertion("alice")).await;
    let token = reply.assert_status(201).text("access_token");
    let proof = |key: &DeviceKey| key.proof_with("GET", "/orders", world.now(), &token);
    let (dpop, bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    for check in [&offline, &strict] {
        assert_eq!(outcome(check, &dpop, Some(&proof(&owner))).await.as_deref(), Ok("alice"));
        assert_eq!(outcome(check, &dpop, Some(&proof(&thief))).await, Err("invalid_dpop_proof"));
        assert_eq!(outcome(check, &dpop, None).await, Err("device_proof_required"));
        assert_eq!(outcome(check, &bearer, None).await, Err("device_proof_required"));
        assert_eq!(outcome(check, &bearer, Some(&proof(&owner))).await, Err("device_proof_required"));
    }

    let path = "/api/auth/revoke";
    let ending = owner.proof_with("POST", path, world.now(), &token);
    let device = world.device().header("authorization", &dpop).proof(&ending);
    device.post(path, json!({"strategy": "current"})).await.assert_status(200);
    assert_eq!(outcome(&strict, &dpop, Some(&proof(&owner))).await, Err("token_expired"));
    assert_eq!(outcome(&offline, &dpop, Some(&proof(&owner))).await.as_deref(), Ok("alice"));
}
