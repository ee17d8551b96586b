//! The authorization endpoint: `GET /{tenant}/oauth2/v2.0/authorize` shows the users, `POST` sends one back with a
//! code (RFC 6749 §4.1, PKCE as RFC 7636). And `…/logout`.
//!
//! In comes a client's request, checked twice, for the page and for the form on it; out comes a page, or the way
//! back to the client with a code or an error. Nobody is sent to an address that is not registered.

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect as SeeOther, Response};
use reqwest::Url;
use uuid::Uuid;

use super::authority::{Authority, LOOPBACK, Origin, Visit};
use super::claims::TokenVersion;
use super::device_code::{chosen, same_site};
use super::directory::{Application, Redirect};
use super::form::{Form, Posted};
use super::grants::{CODE_LIFETIME, Code, SignIn, failed};
use super::page;
use super::refusal::Refusal;
use super::scope::Scope;
use super::token::client_info;

/// Fields of the page's own form, which are no part of the request.
const ANSWERS: [&str; 3] = ["user", "password", "decision"];

/// `GET /{tenant}/oauth2/v2.0/authorize`
pub(super) async fn v2(visit: Visit, RawQuery(query): RawQuery) -> Response {
    ask(&visit, &Form::of_query(query.as_deref()), TokenVersion::V2)
}

/// `GET /{tenant}/oauth2/authorize`
pub(super) async fn v1(visit: Visit, RawQuery(query): RawQuery) -> Response {
    ask(&visit, &Form::of_query(query.as_deref()), TokenVersion::V1)
}

/// `POST /{tenant}/oauth2/v2.0/authorize`: a client's request (OpenID Connect Core 1.0 §3.1.2.1), or our page.
pub(super) async fn v2_answer(visit: Visit, Posted(form): Posted) -> Response {
    ask(&visit, &form, TokenVersion::V2)
}

/// `POST /{tenant}/oauth2/authorize`
pub(super) async fn v1_answer(visit: Visit, Posted(form): Posted) -> Response {
    ask(&visit, &form, TokenVersion::V1)
}

/// How a user is sent back.
#[derive(Clone, Copy)]
enum Mode {
    Query,
    Fragment,
    FormPost,
}

/// The client's address, once it is known to be the client's.
struct Back {
    uri: String,
    mode: Mode,
    state: Option<String>,
}

impl Back {
    fn with(&self, mut parameters: Vec<(&'static str, String)>) -> Response {
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        let Ok(mut url) = Url::parse(&self.uri) else {
            return page::message("Sorry, that did not work", "The address of the application is no URL.");
        };
        match self.mode {
            Mode::FormPost => return page::post_to(&self.uri, &parameters),
            Mode::Query => {
                url.query_pairs_mut().extend_pairs(parameters);
            }
            Mode::Fragment => {
                let mut fragment = Url::parse("form:").unwrap_or_else(|_| url.clone());
                fragment.query_pairs_mut().clear().extend_pairs(parameters);
                url.set_fragment(fragment.query());
            }
        }
        SeeOther::to(url.as_str()).into_response()
    }
}

fn ask(visit: &Visit, form: &Form, version: TokenVersion) -> Response {
    // Until the address is known to be the client's, errors are for the user to read.
    let known = || {
        let authority = visit.authority()?;
        let client = form.need("client_id")?;
        let application = visit.directory.application(authority, &client);
        let application = application.ok_or(Refusal::UnknownClient(client))?;
        let (uri, redirect) = redirect(visit, application, form)?;
        let (mode, unknown) = match form.one("response_mode")?.as_deref() {
            None | Some("query") => (Mode::Query, None),
            Some("fragment") => (Mode::Fragment, None),
            Some("form_post") => (Mode::FormPost, None),
            Some(other) => (Mode::Query, Some(other.to_owned())),
        };
        let back = Back { uri, mode, state: form.one("state")? };
        Ok((authority, application, redirect, back, unknown))
    };
    let (authority, application, redirect, back, unknown) = match known() {
        Ok(known) => known,
        Err(refusal) => return Refusal::page(&refusal, &visit.headers),
    };
    if let Some(mode) = unknown {
        return back.with(Refusal::ResponseMode(mode).parameters(&visit.headers).to_vec());
    }
    let request = Request { visit, authority, application, public: redirect.public, form, version };
    match request.answer(&back) {
        Ok(response) => response,
        // A user who has mistyped can go back.
        Err(
            refusal @ (Refusal::WrongPassword
            | Refusal::UnknownUser(_)
            | Refusal::Disabled
            | Refusal::CrossSite),
        ) => refusal.page(&visit.headers),
        Err(refusal) => back.with(refusal.parameters(&visit.headers).to_vec()),
    }
}

/// A request of a known client.
struct Request<'v> {
    visit: &'v Visit,
    authority: Authority,
    application: &'v Application,
    public: bool,
    form: &'v Form,
    version: TokenVersion,
}

impl Request<'_> {
    fn answer(&self, back: &Back) -> Result<Response, Refusal> {
        let form = self.form;
        let kind = form.need("response_type")?;
        if kind != "code" {
            return Err(Refusal::ResponseType(kind));
        }
        let scope = self.scope()?;
        let challenge = self.challenge()?;
        if form.one("prompt")?.as_deref() == Some("none") {
            return Err(Refusal::LoginRequired);
        }
        scope.delegated(self.application)?;
        match form.one("decision")?.as_deref() {
            None => {
                let users = self.visit.directory.users(self.authority);
                let request = form.pairs().iter().filter(|(name, _)| !ANSWERS.contains(&name.as_str()));
                let hidden: Vec<_> = request.map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let hint = form.one("login_hint")?;
                let name = &self.application.display_name;
                Ok(page::choose_user(name, &scope.text(), &users, &hidden, hint.as_deref()))
            }
            Some("approve") => {
                same_site(self.visit)?;
                let (tenant, user) = chosen(self.visit, self.authority, form)?;
                let sign_in = SignIn {
                    client: self.application.app_id.clone(),
                    tenant,
                    upn: user.upn.clone(),
                    scope: scope.text(),
                };
                let issuer = &self.visit.issuer;
                let code = Code {
                    id: Uuid::new_v4(),
                    sign_in,
                    expires: issuer.now() + CODE_LIFETIME,
                    redirect: back.uri.clone(),
                    public: self.public,
                    challenge,
                    nonce: form.one("nonce")?,
                };
                let code = issuer.codes.seal(&code).map_err(|error| failed(&error))?;
                let mut answer = vec![("code", code)];
                if form.one("client_info")?.as_deref() == Some("1") {
                    answer.push(("client_info", client_info(user, tenant)));
                }
                Ok(back.with(answer))
            }
            Some(_) => Err(Refusal::Declined),
        }
    }

    fn scope(&self) -> Result<Scope, Refusal> {
        match (self.version, self.form.one("resource")?) {
            (TokenVersion::V1, Some(resource)) => Scope::of_resource(&resource, self.visit),
            (TokenVersion::V2, Some(_)) => Err(Refusal::ResourceHere),
            // v1.0 may name the resource at the token endpoint.
            (TokenVersion::V1, None) => Scope::of_resource("", self.visit),
            (TokenVersion::V2, None) => Scope::parse(&self.form.need("scope")?, self.visit),
        }
    }

    /// RFC 7636 §4.3, S256 only; without a challenge only where the client will show who it is.
    fn challenge(&self) -> Result<Option<String>, Refusal> {
        let method = self.form.one("code_challenge_method")?;
        match self.form.one("code_challenge")? {
            Some(challenge) => {
                let fits = (43..=128).contains(&challenge.len()) && method.as_deref() == Some("S256");
                if fits { Ok(Some(challenge)) } else { Err(Refusal::BadChallenge) }
            }
            None if self.public || method.is_some() => Err(Refusal::BadChallenge),
            None => Ok(None),
        }
    }
}

/// The address to which a user is sent back, and what is registered for it.
fn redirect<'a>(
    visit: &Visit,
    application: &'a Application,
    form: &Form,
) -> Result<(String, &'a Redirect), Refusal> {
    let Some(asked) = form.one("redirect_uri")? else {
        // RFC 6749 §3.1.2.3: where there is only one, it need not be said.
        return match application.redirects.as_slice() {
            [only] if !only.uri.starts_with('/') => Ok((only.uri.clone(), only)),
            _ => Err(Refusal::Missing("redirect_uri")),
        };
    };
    let registered = application.redirects.iter().find(|redirect| fits(redirect, &asked, visit));
    registered.map(|redirect| (asked.clone(), redirect)).ok_or(Refusal::Redirect(asked))
}

/// To the letter; a program on the user's machine may have any port on it (RFC 8252 §7.3).
fn fits(redirect: &Redirect, asked: &str, visit: &Visit) -> bool {
    if redirect.uri.starts_with('/') {
        let own = [Some(&visit.origin), visit.issuer.public.as_ref()].into_iter().flatten();
        return own.map(Origin::base).any(|base| asked.strip_prefix(&base) == Some(&redirect.uri));
    }
    if redirect.uri == asked {
        return true;
    }
    let (Ok(registered), Ok(asked)) = (Url::parse(&redirect.uri), Url::parse(asked)) else { return false };
    let of_machine =
        |url: &Url| url.scheme() == "http" && url.host_str().is_some_and(|host| LOOPBACK.contains(&host));
    redirect.public
        && of_machine(&registered)
        && registered.host_str() == asked.host_str()
        && registered.scheme() == asked.scheme()
        && registered.path() == asked.path()
        && registered.query() == asked.query()
        && asked.username().is_empty()
        && asked.password().is_none()
        && asked.fragment().is_none()
}

/// `GET /{tenant}/oauth2/v2.0/logout`: nobody is signed in, so there is nothing to end but the visit.
pub(super) async fn logout(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let form = Form::of_query(query.as_deref());
    match form.one("post_logout_redirect_uri") {
        Ok(Some(uri)) if visit.directory.redirects_to(&uri) => SeeOther::to(&uri).into_response(),
        _ => page::message("You have signed out", "You may close this window."),
    }
}
