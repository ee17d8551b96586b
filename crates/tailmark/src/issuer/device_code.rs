//! Signing in with a device code (RFC 8628): `POST …/devicecode`, and the page where the user enters the code.
//!
//! In comes a client's request, out come two codes; the client polls the token endpoint with one while the user
//! enters the other. They are kept in memory for a quarter of an hour, so many at most; a restart forgets them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::RawQuery;
use axum::http::header;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;

use super::authority::{Authority, Visit};
use super::claims::TokenVersion;
use super::directory::User;
use super::form::{Form, Posted};
use super::grants::{SignIn, failed, may_sign_in};
use super::refusal::Refusal;
use super::scope::Scope;
use super::{IssuerError, page};
use crate::config::auth::DeviceCode;

/// How long a code is waited for, in seconds.
const LIFETIME: i64 = 900;

/// How long a client shall wait before it asks again, in seconds.
const INTERVAL: i64 = 5;

/// How many sign-ins are waited for at once; the oldest one gives way.
const MOST: usize = 1000;

/// The letters of a user code: without vowels, so that it is no word, and without those that look alike.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 9;

/// The sign-ins that are waited for, by device code.
#[derive(Default)]
pub(super) struct DeviceCodes(Mutex<HashMap<String, Waiting>>);

#[derive(Clone)]
struct Waiting {
    user_code: String,
    client: String,
    authority: Authority,
    scope: String,
    expires: i64,
    polled: Option<i64>,
    state: State,
}

#[derive(Clone)]
enum State {
    Pending,
    Approved(SignIn),
    Declined,
    Redeemed,
}

impl DeviceCodes {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Waiting>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, code: String, waiting: Waiting, now: i64) {
        self.with(|known| {
            // For a while, so that it can be said that they have expired.
            known.retain(|_, waiting| now < waiting.expires + LIFETIME);
            if known.len() >= MOST {
                let oldest =
                    known.iter().min_by_key(|(_, waiting)| waiting.expires).map(|(code, _)| code.clone());
                oldest.map(|code| known.remove(&code));
            }
            known.insert(code, waiting);
        });
    }

    /// What has become of a sign-in (RFC 8628 §3.5); one that was approved is handed out once.
    pub fn poll(&self, code: &str, client: &str, now: i64, version: TokenVersion) -> Result<SignIn, Refusal> {
        self.with(|known| {
            let waiting = known.get_mut(code).ok_or(Refusal::BadVerificationCode)?;
            if !waiting.client.eq_ignore_ascii_case(client) {
                return Err(Refusal::BadGrant("it was issued to another client"));
            }
            if now >= waiting.expires {
                return Err(Refusal::DeviceCodeExpired { v1: version == TokenVersion::V1 });
            }
            let soon = waiting.polled.replace(now).is_some_and(|before| now - before < INTERVAL - 1);
            match std::mem::replace(&mut waiting.state, State::Redeemed) {
                State::Approved(sign_in) => Ok(sign_in),
                State::Redeemed => Err(Refusal::Redeemed),
                State::Declined => {
                    waiting.state = State::Declined;
                    Err(Refusal::Declined)
                }
                State::Pending => {
                    waiting.state = State::Pending;
                    Err(if soon { Refusal::SlowDown } else { Refusal::AuthorizationPending })
                }
            }
        })
    }

    /// The sign-in that waits for what the user has typed; blanks, hyphens and letter case do not matter.
    fn pending(&self, typed: &str, now: i64) -> Result<Waiting, Refusal> {
        let typed: String =
            typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        self.with(|known| {
            let waiting = known.values().find(|waiting| waiting.user_code == typed);
            let waiting = waiting.filter(|waiting| matches!(waiting.state, State::Pending));
            let waiting = waiting.ok_or(Refusal::BadVerificationCode)?;
            if now >= waiting.expires {
                return Err(Refusal::DeviceCodeExpired { v1: false });
            }
            Ok(waiting.clone())
        })
    }

    fn settle(&self, user_code: &str, state: State) {
        self.with(|known| {
            let waiting = known.values_mut().find(|waiting| waiting.user_code == user_code);
            // Two windows: the first answer counts.
            if let Some(waiting) = waiting.filter(|waiting| matches!(waiting.state, State::Pending)) {
                waiting.state = state;
            }
        });
    }
}

/// `POST /{tenant}/oauth2/v2.0/devicecode`
pub(super) async fn v2(visit: Visit, Posted(form): Posted) -> Response {
    begin(&visit, &form, TokenVersion::V2)
}

/// `POST /{tenant}/oauth2/devicecode`
pub(super) async fn v1(visit: Visit, Posted(form): Posted) -> Response {
    begin(&visit, &form, TokenVersion::V1)
}

fn begin(visit: &Visit, form: &Form, version: TokenVersion) -> Response {
    let answer = || {
        let authority = visit.authority()?;
        let client = form.need("client_id")?;
        let issuer = &visit.issuer;
        let application = visit.directory.application(authority, &client);
        let application = application.ok_or(Refusal::UnknownClient(client))?;
        let scope = match (version, form.one("resource")?) {
            (TokenVersion::V1, Some(resource)) => Scope::of_resource(&resource, visit)?,
            (TokenVersion::V2, Some(_)) => return Err(Refusal::ResourceHere),
            (TokenVersion::V1, None) => return Err(Refusal::Missing("resource")),
            (TokenVersion::V2, None) => Scope::parse(&form.need("scope")?, visit)?,
        };
        // What was not granted is said now and not after the user has signed in.
        scope.delegated(application)?;
        let (device_code, user_code) = codes().map_err(|error| failed(&error))?;
        let now = issuer.now();
        let mut waiting = Waiting {
            user_code: user_code.clone(),
            client: application.app_id.clone(),
            authority,
            scope: scope.text(),
            expires: now + LIFETIME,
            polled: None,
            state: State::Pending,
        };
        if issuer.device_code == DeviceCode::Approve {
            let users = visit.directory.users(authority);
            let first = users.into_iter().find(|(_, user)| user.enabled).ok_or(Refusal::Disabled)?;
            waiting.state = State::Approved(waiting.sign_in(first));
        }
        issuer.device_codes.add(device_code.clone(), waiting, now);
        let address = format!("{}/common/oauth2/deviceauth", visit.origin.base());
        let message =
            format!("To sign in, open the page {address} and enter the code {user_code} to authenticate.");
        Ok(match version {
            TokenVersion::V2 => json!({
                "user_code": user_code, "device_code": device_code, "verification_uri": address,
                "expires_in": LIFETIME, "interval": INTERVAL, "message": message,
            }),
            TokenVersion::V1 => json!({
                "user_code": user_code, "device_code": device_code, "verification_url": address,
                "expires_in": LIFETIME.to_string(), "interval": INTERVAL.to_string(), "message": message,
            }),
        })
    };
    answer().map_or_else(
        |refusal: Refusal| refusal.respond(&visit.headers),
        |answer| super::token::private(&answer),
    )
}

impl Waiting {
    fn sign_in(&self, (tenant, user): (uuid::Uuid, &User)) -> SignIn {
        SignIn { client: self.client.clone(), tenant, upn: user.upn.clone(), scope: self.scope.clone() }
    }
}

/// A device code that cannot be guessed, and a user code that can be typed.
fn codes() -> Result<(String, String), IssuerError> {
    let random = SystemRandom::new();
    let mut device = [0; 48];
    random.fill(&mut device).map_err(|_| IssuerError::Randomness)?;
    let mut user = String::new();
    while user.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        random.fill(&mut bytes).map_err(|_| IssuerError::Randomness)?;
        // Those beyond the last whole multiple would make some letters likelier.
        let even = u8::MAX - u8::MAX % 20;
        let letters = bytes.iter().filter(|byte| **byte < even);
        user.extend(
            letters.filter_map(|byte| LETTERS.get(usize::from(byte % 20))).map(|letter| char::from(*letter)),
        );
    }
    user.truncate(LENGTH);
    Ok((URL_SAFE_NO_PAD.encode(device), user))
}

/// `GET /{tenant}/oauth2/deviceauth`
pub(super) async fn page(RawQuery(query): RawQuery) -> Response {
    let code = Form::of_query(query.as_deref()).one("otc").ok().flatten().unwrap_or_default();
    page::enter_code(&code)
}

/// `POST /{tenant}/oauth2/deviceauth`: first the code, then with it the user and the decision.
pub(super) async fn answer(visit: Visit, Posted(form): Posted) -> Response {
    decide(&visit, &form).unwrap_or_else(|refusal| refusal.page(&visit.headers))
}

fn decide(visit: &Visit, form: &Form) -> Result<Response, Refusal> {
    same_site(visit)?;
    let typed = form.need("user_code")?;
    let issuer = &visit.issuer;
    let waiting = issuer.device_codes.pending(&typed, issuer.now())?;
    let application = visit.directory.application(waiting.authority, &waiting.client);
    let application = application.ok_or_else(|| Refusal::UnknownClient(waiting.client.clone()))?;
    match form.one("decision")?.as_deref() {
        None => {
            let users = visit.directory.users(waiting.authority);
            let hidden = [("user_code", waiting.user_code.as_str())];
            Ok(page::choose_user(&application.display_name, &waiting.scope, &users, &hidden, None))
        }
        Some("approve") => {
            let user = chosen(visit, waiting.authority, form)?;
            issuer.device_codes.settle(&waiting.user_code, State::Approved(waiting.sign_in(user)));
            Ok(page::message("You have signed in", "You may close this window and go back to your device."))
        }
        Some(_) => {
            issuer.device_codes.settle(&waiting.user_code, State::Declined);
            Ok(page::message("You have declined", "Nothing was granted."))
        }
    }
}

/// The user whom a page's form names, with the password where there is one.
pub(super) fn chosen<'v>(
    visit: &'v Visit,
    authority: Authority,
    form: &Form,
) -> Result<(uuid::Uuid, &'v User), Refusal> {
    let upn = form.need("user")?;
    let found = visit.directory.user(authority, &upn).ok_or(Refusal::UnknownUser(upn))?;
    may_sign_in(found.1)?;
    let password = form.one("password")?.unwrap_or_default();
    match &found.1.password {
        Some(own) if !own.matches(&password) => Err(Refusal::WrongPassword),
        _ => Ok(found),
    }
}

/// A form is taken from our own pages only: another site could have its visitor sign in for it.
pub(super) fn same_site(visit: &Visit) -> Result<(), Refusal> {
    let text = |name| visit.headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let own = |origin: &str| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        host.is_some_and(|host| host.eq_ignore_ascii_case(visit.origin.host()))
    };
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    // Our pages say `no-referrer`, for which browsers send `Origin: null` with a form.
    let origin = text(header::ORIGIN).filter(|origin| *origin != "null" || site.is_none());
    let strange = site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
        || origin.is_some_and(|origin| !own(origin));
    if strange { Err(Refusal::CrossSite) } else { Ok(()) }
}
