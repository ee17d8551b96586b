//! A user signs in with a browser, on this machine or another: RFC 8628.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::entra::Entra;
use super::{Error, Granted};
use crate::output::cell::printable;

/// RFC 8628 §3.2; `message` is Entra's own.
#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    #[serde(default = "usual_interval")]
    interval: u64,
}

fn usual_interval() -> u64 {
    5
}

/// Says on stderr what to do, and waits until it is done.
pub(super) async fn sign_in(entra: &Entra, client_id: &str, scope: &str) -> Result<Granted, Error> {
    let begun: Begun = entra.ask("devicecode", &[("client_id", client_id), ("scope", scope)]).await?;
    let Begun { user_code, verification_uri, .. } = &begun;
    // Not a notice: without it nothing goes on. A closed stderr leaves nobody to tell.
    let _ = writeln!(
        io::stderr(),
        "To sign in, open {} and enter the code {}",
        printable(verification_uri),
        printable(user_code)
    );
    let end = Instant::now() + Duration::from_secs(begun.expires_in);
    let mut interval = Duration::from_secs(begun.interval.clamp(1, 60));
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", client_id),
        ("device_code", begun.device_code.as_str()),
    ];
    while Instant::now() < end {
        tokio::time::sleep(interval).await;
        match entra.token(&form).await {
            Err(Error::Refused { code, description }) => match code.as_str() {
                "authorization_pending" => {}
                "slow_down" => interval += Duration::from_secs(5),
                "authorization_declined" | "access_denied" => {
                    return Err(Error::NotApproved("the request was declined"));
                }
                "expired_token" | "code_expired" => break,
                _ => return Err(Error::Refused { code, description }),
            },
            result => return result,
        }
    }
    Err(Error::NotApproved("the code has expired"))
}
