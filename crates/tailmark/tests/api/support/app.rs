//! The service, running: a data folder, a free port, and verbs.

use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::{Duration, Instant};

use autopilot::model::READ_WRITE;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tailmark::commands::serve::{self, Running};
use tailmark::config::Config;
use tailmark::issuer::Issuer;
use tailmark::jwt;
use tailmark::store::Place;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::caller::{CONTOSO, Caller};
use super::database::{Own, memory};
use super::{Answer, database};
use crate::IMPORTED;

/// How long imports may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// A lease that is longer than any that the service gives, in units of 100 ns.
pub const LONG_LEASE: i64 = 1_000_000_000_000_000_000;

/// A running service. Requests are the default tenant's writer's unless they say otherwise.
pub struct TestApp {
    /// `http://127.0.0.1:12345`
    pub base: String,
    folder: TempDir,
    issuer: Issuer,
    token: String,
    http: reqwest::Client,
    _running: Running,
    database: Own,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a seed.
    pub async fn seeded(seed: &Value) -> Self {
        Self::seeded_with(seed, |_| {}).await
    }

    /// With a seed and other settings.
    pub async fn seeded_with(seed: &Value, change: impl FnOnce(&mut Config)) -> Self {
        let seed = seed.to_string();
        Self::with(|config| {
            let file = config.data.join("seed.json");
            std::fs::write(&file, seed).unwrap();
            config.seed = vec![file];
            change(config);
        })
        .await
    }

    /// With other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::try_with(change).await.unwrap()
    }

    /// With other settings, which may keep it from starting.
    pub async fn try_with(change: impl FnOnce(&mut Config)) -> anyhow::Result<Self> {
        let folder = TempDir::new_in(memory::place()).unwrap();
        let database = Own::migrated(folder.path());
        Self::in_folder(folder, database, change).await
    }

    /// On a database that a text of SQL makes beforehand.
    pub async fn on(sql: impl FnOnce(&Place) -> String) -> anyhow::Result<Self> {
        let folder = TempDir::new_in(memory::place()).unwrap();
        let database = Own::empty(folder.path());
        run(&database.0, &sql(&database.0));
        Self::in_folder(folder, database, |_| {}).await
    }

    async fn in_folder(
        folder: TempDir,
        database: Own,
        change: impl FnOnce(&mut Config),
    ) -> anyhow::Result<Self> {
        jwt::install();
        let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
        if let Place::Postgres(url) = &database.0 {
            config.database.url.clone_from(url);
        }
        config.http.listen.set_port(0);
        // Tests ask as fast as they can; those of throttling say so.
        config.throttle.enabled = false;
        change(&mut config);
        let running = serve::start(config).await?;
        let base = format!("http://{}", running.address);
        let issuer = Issuer::open_or_create(folder.path(), &base)?;
        let token = Caller::writer().token(&issuer);
        // The system's certificates take longer to read than a test takes.
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
        Ok(Self { base, folder, issuer, token, http, _running: running, database })
    }

    /// Stops the service and starts it on the same data.
    pub async fn restarted(self, change: impl FnOnce(&mut Config)) -> Self {
        self._running.stop().await;
        Self::in_folder(self.folder, self.database, change).await.unwrap()
    }

    /// Where its database is.
    pub fn place(&self) -> &Place {
        &self.database.0
    }

    /// A file in its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where its figures are.
    pub fn metrics_url(&self) -> String {
        let base = self._running.metrics.map(|address| format!("http://{address}"));
        format!("{}/metrics", base.as_ref().unwrap_or(&self.base))
    }

    /// Whose tokens it believes.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub fn token(&self, caller: &Caller) -> String {
        caller.token(&self.issuer)
    }

    pub fn ask(&self, method: &str, url: &str) -> Ask<'_> {
        let url = if url.starts_with('/') { format!("{}{url}", self.base) } else { url.to_owned() };
        Ask {
            app: self,
            method: method.parse().unwrap(),
            url,
            headers: HeaderMap::new(),
            token: Some(self.token.clone()),
            body: None,
        }
    }

    pub fn get(&self, url: &str) -> Ask<'_> {
        self.ask("GET", url)
    }

    pub fn post(&self, url: &str, body: &Value) -> Ask<'_> {
        self.ask("POST", url).json(body)
    }

    pub fn patch(&self, url: &str, body: &Value) -> Ask<'_> {
        self.ask("PATCH", url).json(body)
    }

    pub fn delete(&self, url: &str) -> Ask<'_> {
        self.ask("DELETE", url)
    }

    /// Sends bytes as they are and reads whatever comes back; the head must say `Connection: close`.
    pub async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.base.strip_prefix("http://").unwrap()).await.unwrap();
        // The service may have answered and closed before everything is sent.
        let _ = stream.write_all(request).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.get(9..12)?.parse().ok()).unwrap_or_default();
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?))
        });
        Answer {
            asked: String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned(),
            base: self.base.clone(),
            status,
            headers: headers.collect(),
            text: body.to_owned(),
        }
    }

    /// The answer to a bad request. It comes within G5's quarter of a second: where it does not it is asked for again,
    /// since a machine that is busy with something else is so for a while, and a request that is slow always.
    pub async fn promptly<'a>(&'a self, bad: impl Fn() -> Ask<'a>) -> Answer {
        const IN_TIME: Duration = Duration::from_millis(250);
        let mut quickest = Duration::MAX;
        for _ in 0..8 {
            let since = Instant::now();
            let answer = bad().await;
            quickest = quickest.min(since.elapsed());
            if quickest <= IN_TIME {
                return answer;
            }
        }
        panic!("{} is answered after {quickest:?} at the earliest", bad().await.asked);
    }

    /// How many entities the default tenant has.
    pub async fn entities(&self) -> u64 {
        let mut all = 0;
        for collection in [crate::UPLOADS, IMPORTED, crate::DEVICES] {
            let count = self.get(&format!("/beta/deviceManagement/{collection}/$count")).await.expect(200);
            all += count.text.parse::<u64>().unwrap();
        }
        all
    }

    /// Returns once nothing of the default tenant is under way.
    pub async fn settled(&self) {
        self.settled_for(CONTOSO).await;
    }

    /// Returns once nothing of the tenant is under way.
    pub async fn settled_for(&self, tenant: Uuid) {
        let under_way = "state/deviceImportStatus in ('unknown','pending')";
        let url = format!("/beta/deviceManagement/{IMPORTED}?$top=1&$select=id&$filter={under_way}");
        let caller = Caller::application(&[READ_WRITE]).of(tenant);
        let since = Instant::now();
        while !self.get(&url).by(&caller).await.expect(200).entities().is_empty() {
            assert!(since.elapsed() < PATIENCE, "imports are still under way after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns once so many devices of the default tenant have the profile that is intended for them.
    pub async fn assigned(&self, devices: usize) {
        let filter = "$filter=deploymentProfileAssignmentStatus eq 'assignedInSync'";
        let url = format!("/beta/deviceManagement/{}/$count?{filter}", crate::DEVICES);
        let since = Instant::now();
        while self.get(&url).await.expect(200).text != devices.to_string() {
            assert!(since.elapsed() < PATIENCE, "profiles are still pending after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns once an entity is as it is to be.
    pub async fn until(&self, url: &str, is_done: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            let entity = self.get(url).await.expect(200).json();
            if is_done(&entity) {
                return entity;
            }
            assert!(since.elapsed() < PATIENCE, "{url} is still {entity} after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// From now on the service's worker gets no records, so that what is under way stays so.
    ///
    /// It is told that there are none: claims with the service's own short leases come to nothing.
    pub fn hold_imports(&self) {
        self.sql(&match self.database.0 {
            Place::Postgres(_) => format!(
                "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                 CREATE TRIGGER held BEFORE UPDATE OF attempts ON imported_devices FOR EACH ROW
                 WHEN (NEW.lease_until < {LONG_LEASE}) EXECUTE FUNCTION hold()"
            ),
            _ => format!(
                "CREATE TRIGGER held BEFORE UPDATE OF attempts ON imported_devices
                 WHEN NEW.lease_until < {LONG_LEASE} BEGIN SELECT RAISE(IGNORE); END"
            ),
        });
    }

    /// Ends [`Self::hold_imports`].
    pub fn release_imports(&self) {
        self.sql(match self.database.0 {
            Place::Postgres(_) => "DROP FUNCTION hold() CASCADE",
            _ => "DROP TRIGGER held",
        });
    }

    /// Makes all events of the audit log older than any that is kept.
    pub fn age_events(&self) {
        self.sql("UPDATE audit_events SET activity_ticks = 0");
    }

    fn sql(&self, statement: &str) {
        run(&self.database.0, statement);
    }

    /// Everything that the default tenant has, to see that nothing has changed.
    pub async fn everything(&self) -> Vec<Value> {
        let mut everything = Vec::new();
        for collection in [crate::UPLOADS, IMPORTED, crate::DEVICES] {
            let list = self.get(&format!("/beta/deviceManagement/{collection}")).await.expect(200);
            everything.extend(list.entities());
        }
        everything
    }
}

/// Runs statements beside the service.
fn run(place: &Place, sql: &str) {
    match place {
        Place::File(file) => {
            let connection = rusqlite::Connection::open(file).unwrap();
            connection.busy_timeout(Duration::from_secs(5)).unwrap();
            connection.execute_batch(sql).unwrap();
        }
        Place::Postgres(url) => {
            database::server().unwrap().run(database::name(url), sql).unwrap();
        }
        Place::Memory => panic!("no test has a database in memory"),
    }
}

/// A request in the making; awaiting it sends it.
pub struct Ask<'a> {
    app: &'a TestApp,
    method: Method,
    url: String,
    headers: HeaderMap,
    token: Option<String>,
    body: Option<Vec<u8>>,
}

impl Ask<'_> {
    pub fn by(mut self, caller: &Caller) -> Self {
        self.token = Some(self.app.token(caller));
        self
    }

    pub fn by_nobody(mut self) -> Self {
        self.token = None;
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// A body that says it is JSON.
    pub fn text(self, body: &str) -> Self {
        self.header("content-type", "application/json").bytes(body.as_bytes())
    }

    pub fn bytes(mut self, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        self
    }

    async fn send(self) -> Answer {
        let asked = match &self.body {
            Some(body) => {
                let body = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
                format!("{} {}\n{body}", self.method, self.url)
            }
            None => format!("{} {}", self.method, self.url),
        };
        let mut request = self.app.http.request(self.method, &self.url).headers(self.headers);
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        Answer {
            asked,
            base: self.app.base.clone(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }
}

impl<'a> IntoFuture for Ask<'a> {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
