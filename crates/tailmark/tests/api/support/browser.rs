//! A browser without script: it keeps cookies, follows redirects, and says where its forms come from.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Url, redirect};

use super::TestApp;

/// The password of the user whom every new service has, as [`Browser::start`] sets it.
pub const PASSWORD: &str = "a password";

/// The browser.
pub struct Browser {
    pub base: String,
    pub cookies: BTreeMap<String, String>,
    http: Client,
}

/// A page, or another answer.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub url: Url,
    pub text: String,
}

impl Page {
    #[track_caller]
    pub fn shows(&self, texts: &[&str]) -> &Self {
        assert!(self.status < 300, "{} at {}: {}", self.status, self.url, self.text);
        for text in texts {
            assert!(self.text.contains(text), "{text:?} is not in {}: {}", self.url, self.text);
        }
        self
    }

    /// The first address on the page with this in it.
    pub fn link(&self, part: &str) -> String {
        let plain = |rest: &str| {
            format!("{}\"", rest.split('"').next().unwrap_or_default())
                .replace("&#38;", "&")
                .replace("&amp;", "&")
        };
        let found = self.text.split("href=\"").skip(1).map(plain).find(|address| address.contains(part));
        found
            .unwrap_or_else(|| panic!("no link has {part:?}: {}", self.text))
            .trim_end_matches('"')
            .to_owned()
    }

    /// The address behind the last link with this text, which an arrow may follow: the navigation comes first.
    pub fn link_named(&self, name: &str) -> String {
        let links = self.text.split("<a href=\"").skip(1).filter_map(|rest| rest.split_once("\">"));
        let is_it = |text: &str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with(['<', '&']));
        let found = links.filter(|(_, text)| is_it(text)).map(|(address, _)| address).last();
        found
            .unwrap_or_else(|| panic!("no link is {name:?}: {}", self.text))
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    }

    pub fn path(&self) -> String {
        self.url.path().to_owned()
    }
}

impl Browser {
    /// A service, and a browser that nobody has signed in with.
    pub async fn start() -> (TestApp, Self) {
        let secret = PASSWORD.to_owned();
        let app = TestApp::with(|config| config.auth.client_secret = Some(secret.into())).await;
        let browser = Self::of(&app);
        (app, browser)
    }

    pub fn of(app: &TestApp) -> Self {
        let http = Client::builder().no_proxy().tls_certs_only([]).redirect(redirect::Policy::none());
        let http = http.build().unwrap();
        Self { base: app.base.clone(), cookies: BTreeMap::new(), http }
    }

    /// The same, in which the administrator has signed in.
    pub async fn signed_in() -> (TestApp, Self) {
        let (app, mut browser) = Self::start().await;
        browser.sign_in().await.shows(&["Overview"]);
        (app, browser)
    }

    /// Through the issuer's pages and back.
    pub async fn sign_in(&mut self) -> Page {
        let there = self.get("/console/sign-in/start?to=%2Fconsole").await;
        assert!(there.path().ends_with("/oauth2/v2.0/authorize"), "{}", there.url);
        let mut form: Vec<(String, String)> = there.url.query_pairs().into_owned().collect();
        for (name, value) in
            [("user", "admin@contoso.example"), ("password", PASSWORD), ("decision", "approve")]
        {
            form.push((name.to_owned(), value.to_owned()));
        }
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.post(&there.path(), &form).await
    }

    pub async fn get(&mut self, address: &str) -> Page {
        self.follow(Method::GET, address, None).await
    }

    /// A form of a page of ours.
    pub async fn post(&mut self, address: &str, form: &[(&str, &str)]) -> Page {
        let mut body = Url::parse("form:").unwrap();
        body.query_pairs_mut().extend_pairs(form);
        let body = body.query().unwrap_or_default().to_owned();
        let kind = "application/x-www-form-urlencoded".to_owned();
        self.follow(Method::POST, address, Some((kind, body.into_bytes()))).await
    }

    /// A file of a page of ours.
    pub async fn send_file(&mut self, address: &str, name: &str, bytes: &[u8]) -> Page {
        let mut body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/csv\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let kind = "multipart/form-data; boundary=edge".to_owned();
        self.follow(Method::POST, address, Some((kind, body))).await
    }

    async fn follow(&mut self, method: Method, address: &str, body: Option<(String, Vec<u8>)>) -> Page {
        let mut page = self.once(method, address, body, Some(&self.base.clone())).await;
        for _ in 0..10 {
            let Some(next) = page.headers.get(LOCATION).filter(|_| (300..400).contains(&page.status)) else {
                return page;
            };
            let next = page.url.join(next.to_str().unwrap()).unwrap();
            page = self.once(Method::GET, next.as_str(), None, None).await;
        }
        panic!("{} leads nowhere", page.url);
    }

    /// One request, that says it comes from this origin.
    pub async fn once(
        &mut self,
        method: Method,
        address: &str,
        body: Option<(String, Vec<u8>)>,
        origin: Option<&str>,
    ) -> Page {
        let url = Url::parse(&self.base).unwrap().join(address).unwrap();
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method.clone(), url.clone()).header(COOKIE, cookies.join("; "));
        if let Some(origin) = origin.filter(|_| method != Method::GET) {
            request = request.header("origin", origin);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"), "{attributes}");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Page { status, headers, url, text: answer.text().await.unwrap() }
    }
}
