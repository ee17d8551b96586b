//! Keys come and go, and so does the issuer.

use std::sync::Arc;

use serde_json::json;
use tailmark::http::caller::TokenRefusal as No;

use super::World;
use super::forge::{NOW, Pair, bearer, token, with};
use super::upstream::{MISBEHAVING, Mood};

#[tokio::test]
async fn a_new_key_is_found_when_a_token_names_it() {
    let world = World::new().await;
    world.verify(&world.good(&world.ec, "ec")).await.unwrap();
    let new = Pair::ec();
    let token = world.good(&new, "new");
    world.upstream.publish(vec![world.ec.jwk("ec"), new.jwk("new")]);
    assert_eq!(world.verify(&token).await, Err(No::UnknownKey), "asked a moment ago");
    world.pass(5);
    assert!(world.verify(&token).await.is_ok());
    assert!(world.verify(&world.good(&world.ec, "ec")).await.is_ok());
    assert_eq!(world.upstream.fetches(), 2);
}

#[tokio::test]
async fn a_removed_key_stops_working_even_for_tokens_seen_before() {
    let world = World::new().await;
    let (old, other) = (world.good(&world.rsa, "rsa"), world.good(&world.ec, "ec"));
    world.verify(&old).await.unwrap();
    world.verify(&other).await.unwrap();
    world.upstream.publish(vec![world.ec.jwk("ec")]);
    world.pass(299);
    assert!(world.verify(&old).await.is_ok());
    assert_eq!(world.upstream.fetches(), 1);
    world.pass(1);
    // The first use of aged keys starts the refresh and does not wait for it.
    assert!(world.verify(&old).await.is_ok());
    world.provider.settled().await;
    assert_eq!(world.verify(&old).await, Err(No::UnknownKey));
    assert!(world.verify(&other).await.is_ok());
    assert_eq!(world.upstream.fetches(), 2);
}

#[tokio::test]
async fn a_replaced_key_of_the_same_name_is_noticed() {
    let world = World::new().await;
    let old = world.good(&world.ec, "ec");
    world.verify(&old).await.unwrap();
    let new = Pair::ec();
    world.upstream.publish(vec![world.rsa.jwk("rsa"), new.jwk("ec")]);
    world.pass(300);
    world.verify(&old).await.unwrap();
    world.provider.settled().await;
    assert_eq!(world.verify(&old).await, Err(No::BadSignature));
    assert!(world.verify(&world.good(&new, "ec")).await.is_ok());
}

#[tokio::test]
async fn known_keys_work_whatever_the_issuer_does() {
    let world = World::new().await;
    world.verify(&world.good(&world.ec, "ec")).await.unwrap();
    for mood in MISBEHAVING {
        world.upstream.be(mood.clone());
        world.pass(100_000);
        // A token not seen before, so that its key is really used.
        let new = with(&world.claims(), &json!({ "uti": format!("{mood:?}") })).to_string();
        let new = token(&world.ec, r#"{"alg":"ES256","kid":"ec"}"#, &new);
        assert!(world.verify(&new).await.is_ok(), "{mood:?}, before the answer");
        world.provider.settled().await;
        assert!(world.verify(&new).await.is_ok(), "{mood:?}, after the answer");
        let fetches = world.upstream.fetches();
        world.pass(5);
        assert_eq!(world.verify(&world.good(&world.ec, "unknown")).await, Err(No::UnknownKey), "{mood:?}");
        assert_eq!(world.upstream.fetches(), fetches + 1, "{mood:?}");
    }
    // It comes back.
    let new = Pair::ec();
    world.upstream.be(Mood::Good);
    world.upstream.publish(vec![new.jwk("new")]);
    world.pass(5);
    assert!(world.verify(&world.good(&new, "new")).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_away_is_not_asked_at_every_request() {
    let world = World::new().await;
    let good = world.good(&world.ec, "ec");
    world.verify(&good).await.unwrap();
    world.upstream.be(Mood::Failing);
    world.pass(1_000);
    for expected in [2, 3, 4] {
        for _ in 0..20 {
            assert!(world.verify(&good).await.is_ok());
            world.provider.settled().await;
        }
        assert_eq!(world.upstream.fetches(), expected);
        world.pass(5);
    }
}

#[tokio::test]
async fn without_any_keys_nothing_can_be_said() {
    for mood in MISBEHAVING {
        let world = World::new().await;
        let good = world.good(&world.ec, "ec");
        world.upstream.be(mood.clone());
        assert_eq!(world.verify(&good).await, Err(No::KeysUnavailable), "{mood:?}");
        assert_eq!(world.verify(&good).await, Err(No::KeysUnavailable), "{mood:?}");
        assert_eq!(world.upstream.fetches(), 1, "{mood:?}: asked again too soon");
        world.upstream.be(Mood::Good);
        world.pass(5);
        assert!(world.verify(&good).await.is_ok(), "{mood:?}: it came back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_unknown_keys_are_one_question() {
    let world = Arc::new(World::new().await);
    let good = world.good(&world.ec, "ec");
    world.verify(&good).await.unwrap();
    let before = world.upstream.key_fetches();
    world.pass(5);
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.verify(&world.good(&world.ec, &format!("unknown-{n}"))).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Err(No::UnknownKey));
    }
    assert_eq!(world.upstream.key_fetches(), before + 1);
    assert!(world.verify(&good).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_hundred_callers_are_one_question() {
    let world = Arc::new(World::new().await);
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.verify(&world.good(&world.ec, "ec")).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
    assert_eq!((world.upstream.fetches(), world.upstream.key_fetches()), (1, 1));
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_start_the_count_anew() {
    let world = World::new().await;
    world.upstream.be(Mood::Hanging);
    for n in 0..20 {
        let token = world.good(&world.ec, &format!("unknown-{n}"));
        let headers = bearer(&token);
        // The first client waits until the issuer is asked, the others as long as that would take.
        let patience = async {
            let mut looks = 0;
            while looks < 500 || world.upstream.fetches() == 0 {
                tokio::task::yield_now().await;
                looks += 1;
            }
        };
        tokio::select! {
            outcome = world.verifier.verify(&headers, NOW) => drop(outcome),
            () = patience => {}
        }
    }
    world.provider.settled().await;
    assert_eq!(world.upstream.fetches(), 1);
}

#[tokio::test]
async fn the_issuer_says_how_long_its_keys_may_be_kept() {
    // (Cache-Control, seconds for which the keys are not asked for again)
    for (value, kept) in [
        ("max-age=3600", 3_600),
        ("private, MAX-AGE=600", 600),
        ("max-age=\"600\"", 600),
        ("max-age=0", 60),
        ("max-age=99999999999", 86_400),
        ("no-store", 300),
        ("max-age=x", 300),
    ] {
        let world = World::new().await;
        world.upstream.cache_control(value);
        let good = world.good(&world.ec, "ec");
        for (seconds, fetches) in [(0, 1), (kept - 1, 1), (1, 2), (kept - 1, 2), (1, 3)] {
            world.pass(seconds);
            world.verify(&good).await.unwrap();
            world.provider.settled().await;
            assert_eq!(world.upstream.fetches(), fetches, "{value}");
        }
    }
}

#[tokio::test]
async fn a_key_is_used_for_nothing_that_its_set_does_not_allow() {
    let (rsa, ec) = (Pair::rsa(), Pair::ec());
    // (what is different in the JWK, what becomes of a token by it)
    let unknown = Err(No::KeysUnavailable);
    for (changes, expected) in [
        (json!({}), Ok(())),
        (json!({ "alg": "ES256" }), Ok(())),
        (json!({ "use": null }), Ok(())),
        (json!({ "key_ops": ["verify"] }), Ok(())),
        (json!({ "issuer": "ISSUER" }), Ok(())),
        (json!({ "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0" }), Err(No::KeyMismatch)),
        (json!({ "alg": "ES384" }), unknown),
        (json!({ "alg": "RS256" }), unknown),
        (json!({ "alg": 5 }), unknown),
        (json!({ "use": "enc" }), unknown),
        (json!({ "key_ops": ["sign"] }), unknown),
        (json!({ "key_ops": "verify" }), unknown),
        (json!({ "kid": null }), unknown),
        (json!({ "kid": 5 }), unknown),
        (json!({ "kty": "oct", "k": "AAAA" }), unknown),
        (json!({ "crv": "P-384" }), unknown),
        (json!({ "crv": null }), unknown),
        (json!({ "x": "AAAA" }), unknown),
        (json!({ "y": null }), unknown),
        (json!({ "x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }), Err(No::BadSignature)),
    ] {
        let world = World::new().await;
        let issuer = format!("{}/{{tenantid}}/v2.0", world.upstream.address);
        let changes = serde_json::from_str(&changes.to_string().replace("ISSUER", &issuer)).unwrap();
        world.upstream.publish(vec![with(&ec.jwk("ec"), &changes)]);
        assert_eq!(world.verify(&world.good(&ec, "ec")).await.map(drop), expected, "{changes}");
    }
    // An RSA key too short for RS256, and one that is bound to PS256.
    let world = World::new().await;
    let short = with(&rsa.jwk("rsa"), &json!({ "n": "u".repeat(171) }));
    world.upstream.publish(vec![short, ec.jwk("ec")]);
    assert_eq!(world.verify(&world.good(&rsa, "rsa")).await, Err(No::UnknownKey));
    let world = World::new().await;
    world.upstream.publish(vec![with(&rsa.jwk("rsa"), &json!({ "alg": "PS256" }))]);
    assert_eq!(world.verify(&world.good(&rsa, "rsa")).await, Err(No::KeyMismatch));
    // Two keys of one name are told apart by what they are for.
    let world = World::new().await;
    world.upstream.publish(vec![rsa.jwk("one"), ec.jwk("one"), json!("nonsense"), json!({})]);
    assert!(world.verify(&world.good(&rsa, "one")).await.is_ok());
    assert!(world.verify(&world.good(&ec, "one")).await.is_ok());
}
