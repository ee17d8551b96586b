//! What each tool reads from its environment.
//!
//! Sources: libcurl's `libcurl-env(3)` and curl's manual; the documentation of Requests (*SSL Cert Verification*) and
//! HTTPX (*Environment Variables*); Node.js, *Command-line API* (`NODE_EXTRA_CA_CERTS`; `NODE_USE_ENV_PROXY` since
//! 22.21 and 24.5 for `fetch` and `https` alike); Azure SDKs' `EnvironmentCredential`; the documentation of the
//! Terraform providers microsoft365 (`M365_*`) and azuread and microsoft365wp (`ARM_*`).

/// An SDK or a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tool {
    /// Python: requests, HTTPX, azure-identity, msgraph-sdk
    Python,
    /// Node.js 22.21, 24.5 or later: fetch, https, @azure/identity
    Javascript,
    /// Rust: reqwest and what else reads the system's certificates; this program's own commands
    Rust,
    /// PowerShell 7
    Powershell,
    /// Terraform: microsoft365, microsoft365wp, azuread
    Terraform,
    /// curl
    Curl,
    /// All of them
    All,
}

/// A variable and its value.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value, not quoted.
    pub value: String,
}

/// Where the service is, and who may sign in to it.
#[derive(Debug)]
pub struct Place {
    /// The proxy's address; none: straight to the service.
    pub proxy: Option<String>,
    /// The service's own address.
    pub server: String,
    /// The file with the CA's certificate; none: the service's is one that everybody trusts.
    pub ca: Option<String>,
    /// The tenant.
    pub tenant: String,
    /// The client that the embedded issuer knows.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// Whom a variable is for.
struct Row(&'static str, fn(&Place) -> Option<String>, &'static [Tool]);

use Tool::{Curl, Javascript, Powershell, Python, Rust, Terraform};

const EVERYBODY: &[Tool] = &[Python, Javascript, Rust, Powershell, Terraform, Curl];
const AZURE: &[Tool] = &[Python, Javascript, Rust, Powershell];

const ROWS: &[Row] = &[
    Row("HTTPS_PROXY", |place| place.proxy.clone(), EVERYBODY),
    Row("NO_PROXY", |place| place.proxy.as_ref().map(|_| "localhost,127.0.0.1,::1".to_owned()), EVERYBODY),
    Row("NODE_USE_ENV_PROXY", |place| place.proxy.as_ref().map(|_| "1".to_owned()), &[Javascript]),
    Row("SSL_CERT_FILE", |place| place.ca.clone(), &[Python, Rust, Powershell, Terraform]),
    Row("REQUESTS_CA_BUNDLE", |place| place.ca.clone(), &[Python]),
    Row("NODE_EXTRA_CA_CERTS", |place| place.ca.clone(), &[Javascript]),
    Row("CURL_CA_BUNDLE", |place| place.ca.clone(), &[Curl]),
    Row("TAILMARK_SERVER", |place| Some(place.server.clone()), &[Rust]),
    Row("AZURE_TENANT_ID", |place| Some(place.tenant.clone()), AZURE),
    Row("AZURE_CLIENT_ID", |place| Some(place.client_id.clone()), AZURE),
    Row("AZURE_CLIENT_SECRET", |place| Some(place.client_secret.clone()), AZURE),
    Row("AZURE_AUTHORITY_HOST", authority, AZURE),
    Row("M365_TENANT_ID", |place| Some(place.tenant.clone()), &[Terraform]),
    Row("M365_AUTH_METHOD", |_| Some("client_secret".to_owned()), &[Terraform]),
    Row("M365_CLIENT_ID", |place| Some(place.client_id.clone()), &[Terraform]),
    Row("M365_CLIENT_SECRET", |place| Some(place.client_secret.clone()), &[Terraform]),
    Row("M365_USE_PROXY", |place| place.proxy.as_ref().map(|_| "true".to_owned()), &[Terraform]),
    Row("M365_PROXY_URL", |place| place.proxy.clone(), &[Terraform]),
    Row("ARM_TENANT_ID", |place| Some(place.tenant.clone()), &[Terraform]),
    Row("ARM_CLIENT_ID", |place| Some(place.client_id.clone()), &[Terraform]),
    Row("ARM_CLIENT_SECRET", |place| Some(place.client_secret.clone()), &[Terraform]),
];

/// Without the proxy somebody has to say where one signs in.
fn authority(place: &Place) -> Option<String> {
    place.proxy.is_none().then(|| place.server.clone())
}

/// The variables that a tool reads.
pub fn of(tool: Tool, place: &Place) -> Vec<Variable> {
    let rows = ROWS.iter().filter(|Row(_, _, tools)| tool == Tool::All || tools.contains(&tool));
    rows.filter_map(|Row(name, value, _)| Some(Variable { name, value: value(place)? })).collect()
}

/// What variables cannot do, as comments.
pub fn notes(tool: Tool, place: &Place) -> Vec<String> {
    let is_for = |one: Tool| tool == one || tool == Tool::All;
    let mut notes = vec![
        "With the client secret of this data folder's issuer, which is good for nothing else.".to_owned(),
    ];
    match &place.proxy {
        Some(proxy) => notes.push(format!("Needs `tailmark serve --intercept`, with its proxy at {proxy}.")),
        None => notes.push(format!(
            "Needs `tailmark serve` with tls.mode = {}. Tell your program that Graph is at {}/beta or /v1.0.",
            if place.ca.is_some() { "own-ca" } else { "files" },
            place.server
        )),
    }
    if place.proxy.is_none() && (is_for(Python) || is_for(Javascript)) {
        notes.push(
            "azure-identity and MSAL ask login.microsoftonline.com unless instance discovery is switched off in code."
                .to_owned(),
        );
    }
    if place.proxy.is_some() && is_for(Javascript) {
        notes.push("Node.js reads HTTPS_PROXY since 22.21 and 24.5.".to_owned());
    }
    if place.ca.is_some() && (is_for(Python) || is_for(Rust) || is_for(Terraform) || is_for(Curl)) {
        notes.push("While these are set, the tools trust this CA and no other.".to_owned());
    }
    if let (true, Some(ca)) = (is_for(Powershell), &place.ca) {
        notes.push(format!(
            "On Windows the CA must be imported: Import-Certificate -FilePath '{ca}' -CertStoreLocation \
             Cert:\\CurrentUser\\Root"
        ));
    }
    if is_for(Terraform) && place.proxy.is_none() {
        notes
            .push("The Terraform providers know Microsoft's addresses only: they need the proxy.".to_owned());
    }
    notes
}
