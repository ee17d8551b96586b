//! Error, number and text of every refusal, as in Entra's reference of AADSTS errors.

use super::{Refusal, Wording};

impl Refusal {
    pub(super) fn wording(&self) -> Wording {
        let said = |error, code, text: String| Wording { error, code, text, suberror: None };
        let says = |error, code, text: &str| said(error, code, text.to_owned());
        match self {
            Self::NoSuchTenant(name) => said(
                "invalid_tenant",
                90002,
                format!(
                    "Tenant '{}' not found. A tenant is named by its GUID or a domain of the seed.",
                    shown(name)
                ),
            ),
            Self::TenantNeeded => says(
                "invalid_request",
                50059,
                "No tenant-identifying information found in either the request or implied by any provided \
                 credentials.",
            ),
            Self::NotForPersonal => says(
                "invalid_request",
                9_001_023,
                "The grant type is not supported over the /common or /consumers endpoints. Please use the \
                 /organizations or tenant-specific endpoint.",
            ),
            Self::BadHost => {
                says("invalid_request", 900_023, "The request's Host header is missing or is not a host.")
            }
            Self::WrongMethod(method) => said(
                "invalid_request",
                900_561,
                format!("The endpoint does not accept {} requests.", shown(method)),
            ),
            Self::Malformed => {
                says("invalid_request", 9_002_313, "Invalid request. Request is malformed or invalid.")
            }
            Self::Missing(name) => said(
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            ),
            Self::Duplicated(name) => said(
                "invalid_request",
                9_000_411,
                format!("The request is not properly formatted. The parameter '{name}' is duplicated."),
            ),
            Self::ResourceHere => {
                says("invalid_request", 901_002, "The 'resource' request parameter is not supported.")
            }
            Self::UnsupportedGrant(grant) => said(
                "unsupported_grant_type",
                70003,
                format!("The app requested an unsupported grant type '{}'.", shown(grant)),
            ),
            Self::UnknownClient(client) => said(
                "unauthorized_client",
                700_016,
                format!("Application with identifier '{}' was not found in the directory.", shown(client)),
            ),
            Self::NoSecret => says(
                "invalid_client",
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            ),
            Self::WrongSecret(client) => said(
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client \
                     secret value, not the client secret ID, for a secret added to app '{}'.",
                    shown(client)
                ),
            ),
            Self::ExpiredSecret(client) => said(
                "invalid_client",
                7_000_222,
                format!("The provided client secret keys for app '{}' are expired.", shown(client)),
            ),
            Self::PublicClient => says(
                "invalid_client",
                700_025,
                "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
            ),
            Self::AssertionForm(why) => {
                said("invalid_client", 50027, format!("JWT token is invalid or malformed: {why}."))
            }
            Self::AssertionSubject => says(
                "invalid_client",
                50048,
                "Subject must match Issuer claim in the client assertion, and both the client_id.",
            ),
            Self::AssertionTime => {
                says("invalid_client", 700_024, "Client assertion is not within its valid time range.")
            }
            Self::AssertionKey(why) => said(
                "invalid_client",
                700_027,
                format!("Client assertion failed signature validation: {why}."),
            ),
            Self::BadScope(scope) => said(
                "invalid_scope",
                70011,
                format!(
                    "The provided request must include a 'scope' input parameter. The provided value for the \
                     input parameter 'scope' is not valid. The scope {} is not valid.",
                    shown(scope)
                ),
            ),
            Self::SeveralResources(scope) => said(
                "invalid_scope",
                700_022,
                format!(
                    "The provided value for the input parameter 'scope' is not valid because it contains more than \
                     one resource. The scope {} is not valid.",
                    shown(scope)
                ),
            ),
            Self::UnknownResource(name) => said(
                "invalid_resource",
                500_011,
                format!("The resource principal named {} was not found in the tenant.", shown(name)),
            ),
            _ => self.wording_of_users(),
        }
    }

    /// The refusals of grants that a user has a part in.
    fn wording_of_users(&self) -> Wording {
        let says = |error, code, text: &str| Wording { error, code, text: text.to_owned(), suberror: None };
        let said = |error, code, text: String| Wording { error, code, text, suberror: None };
        match self {
            Self::ConsentRequired(app) => Wording {
                suberror: Some("consent_required"),
                ..said(
                    "invalid_grant",
                    65001,
                    format!(
                        "The user or administrator has not consented to use the application with ID '{}'. Send an \
                         interactive authorization request for this user and resource.",
                        shown(app)
                    ),
                )
            },
            Self::AuthorizationPending => says(
                "authorization_pending",
                70016,
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            ),
            Self::SlowDown => says(
                "slow_down",
                70016,
                "OAuth 2.0 device flow error. Authorization is pending. Wait for the interval before polling again.",
            ),
            Self::DeviceCodeExpired { v1 } => says(
                if *v1 { "code_expired" } else { "expired_token" },
                70019,
                "Verification code expired. The user has to begin again.",
            ),
            Self::Declined => {
                says("authorization_declined", 65004, "User declined to consent to access the app.")
            }
            Self::BadVerificationCode => {
                says("bad_verification_code", 70018, "Invalid verification code: no such code is waited for.")
            }
            Self::Redeemed => says(
                "invalid_grant",
                54005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an \
                 existing refresh token.",
            ),
            Self::CodeExpired => {
                says("invalid_grant", 70008, "The provided authorization code has expired or was revoked.")
            }
            Self::BadGrant(why) => {
                said("invalid_grant", 70000, format!("Provided grant is invalid or malformed: {why}."))
            }
            Self::MalformedGrant => {
                says("invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid.")
            }
            Self::RefreshExpired => {
                says("invalid_grant", 700_082, "The refresh token has expired due to inactivity.")
            }
            Self::BadChallenge => says(
                "invalid_request",
                50147,
                "A public client must send a code challenge of 43 to 128 characters with method S256.",
            ),
            Self::WrongVerifier => says(
                "invalid_grant",
                501_481,
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
            ),
            Self::Redirect(uri) => said(
                "invalid_request",
                50011,
                format!(
                    "The redirect URI '{}' specified in the request does not match the redirect URIs configured for \
                     the application.",
                    shown(uri)
                ),
            ),
            Self::ResponseType(kind) => said(
                "unsupported_response_type",
                70005,
                format!(
                    "The app returned an unsupported response type '{}': only 'code' is answered.",
                    shown(kind)
                ),
            ),
            Self::ResponseMode(mode) => said(
                "invalid_request",
                70007,
                format!("'{}' is not a supported value of 'response_mode' here.", shown(mode)),
            ),
            Self::LoginRequired => {
                says("login_required", 50058, "Session information is not sufficient for single-sign-on.")
            }
            Self::UnknownUser(upn) => said(
                "invalid_grant",
                50034,
                format!("The user account {} does not exist in the directory.", shown(upn)),
            ),
            Self::PersonalAccount(upn) => said(
                "invalid_grant",
                50020,
                format!("User account '{}' is a personal account and is not in this tenant.", shown(upn)),
            ),
            Self::WrongPassword => says(
                "invalid_grant",
                50126,
                "Error validating credentials due to invalid username or password.",
            ),
            Self::NoPassword => {
                says("invalid_grant", 50056, "Invalid or null password: the user has none in the directory.")
            }
            Self::Disabled => says("invalid_grant", 50057, "The user account is disabled."),
            Self::MultifactorNeeded => Wording {
                suberror: Some("basic_action"),
                ..says(
                    "invalid_grant",
                    50076,
                    "Due to a configuration change made by your administrator, or because you moved to a new \
                     location, you must use multi-factor authentication to access the resource.",
                )
            },
            Self::UnknownInstance => says("invalid_instance", 50049, "Unknown or invalid instance."),
            Self::CrossSite => {
                says("invalid_request", 90023, "The request was sent by a page of another origin.")
            }
            _ => says("server_error", 90006, "The token could not be issued."),
        }
    }
}

/// What the client sent, short and without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
