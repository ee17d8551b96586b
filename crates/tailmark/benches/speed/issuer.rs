//! An issuer that signs with RS256, as Microsoft's does, on a port of this process: the embedded one signs with ES256,
//! which takes longer to verify.

use std::net::TcpListener;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::forge::{self, Pair};
use crate::load::runtime;

/// The name of its one key.
const KEY: &str = "speed";

/// A running issuer; it ends with the process.
pub struct Issuer {
    /// Its name, which is its address.
    pub name: String,
    pair: Pair,
    claims: Value,
}

impl Issuer {
    /// One whose tokens say what this token says.
    pub fn like(token: &str) -> Self {
        let payload = token.split('.').nth(1).unwrap_or_default();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let path = format!("/{}/v2.0", claims["tid"].as_str().unwrap());
        let (name, pair) = (format!("{address}{path}"), Pair::rsa());
        let keys = json!({ "keys": [pair.jwk(KEY)] }).to_string();
        let document = json!({ "issuer": name, "jwks_uri": format!("{address}/keys") }).to_string();
        let routes = Router::new()
            .route(&format!("{path}/.well-known/openid-configuration"), get(|| async { document }))
            .route("/keys", get(|| async { keys }));
        std::thread::spawn(move || {
            runtime().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, routes).await.unwrap();
            });
        });
        Self { name, pair, claims }
    }

    /// A token for this user.
    pub fn token_of(&self, user: &str) -> String {
        let changes = json!({ "iss": self.name, "sub": user, "preferred_username": user });
        let header = json!({ "alg": "RS256", "kid": KEY, "typ": "JWT" });
        let claims = forge::with(&self.claims, &changes);
        forge::token(&self.pair, &header.to_string(), &claims.to_string())
    }
}
