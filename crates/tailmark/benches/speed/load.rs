//! The load: keep-alive connections on loopback, each with one request at a time, in alternating rounds.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is asked.
pub struct Requests {
    texts: Vec<Vec<u8>>,
    next: AtomicUsize,
    /// How many of them in one round; where each may be asked again, time alone ends a round.
    portion: Option<usize>,
    status: u16,
}

impl Requests {
    /// Requests that may be asked again and again, each answered with 200.
    pub fn repeated(texts: Vec<Vec<u8>>) -> Self {
        Self { texts, next: AtomicUsize::new(0), portion: None, status: 200 }
    }

    /// Requests of which each is asked once, so many in a round, answered with `status`.
    pub fn once(texts: Vec<Vec<u8>>, portion: usize, status: u16) -> Self {
        Self { texts, next: AtomicUsize::new(0), portion: Some(portion), status }
    }

    /// Each text once, by one connection after the other.
    pub fn texts(&self) -> &[Vec<u8>] {
        &self.texts
    }

    fn next(&self, until: usize) -> Option<&[u8]> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let index = if self.portion.is_none() { index % self.texts.len() } else { index };
        if index >= until { None } else { self.texts.get(index).map(Vec::as_slice) }
    }
}

/// A request without a body.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    let path = path.replace(' ', "%20");
    format!("GET {path} HTTP/1.1\r\nHost: tailmark.test\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// A request with a JSON body.
pub fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: tailmark.test\r\nAuthorization: Bearer {token}\r\nContent-Type: \
         application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    (head + body).into_bytes()
}

/// One keep-alive connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, in the client's buffer until the next one.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// Status line and headers.
    pub head: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.body).unwrap_or_default()
    }
}

impl Client {
    /// Connects.
    pub async fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads the whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (mut head, mut wanted) = (None::<usize>, usize::MAX);
        while self.buffer.len() < wanted {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if head.is_none()
                && let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n")
            {
                head = Some(end);
                wanted = end + 4 + length(&self.buffer, 0..end);
            }
        }
        let (head, body) = self.buffer.split_at(head.unwrap_or_default());
        let head = std::str::from_utf8(head).map_err(io::Error::other)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok(Answer { status, head, body: body.get(4..).unwrap_or_default() })
    }
}

fn length(buffer: &[u8], head: Range<usize>) -> usize {
    let head = buffer.get(head).and_then(|head| std::str::from_utf8(head).ok()).unwrap_or_default();
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    value.unwrap_or(0)
}

/// Somebody who is loaded.
pub struct Entrant<'a> {
    /// What it is called in the report.
    pub name: &'a str,
    /// Address and port.
    pub address: &'a str,
    /// CPU seconds that it has used so far.
    pub cpu: &'a dyn Fn() -> f64,
    /// What it is asked.
    pub requests: &'a Requests,
}

/// What one entrant did, a figure for each round.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// CPU of the server for one request, in microseconds.
    pub cpu: Vec<f64>,
    /// Requests in a second.
    pub rate: Vec<f64>,
}

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rounds that count; one more goes before them.
    pub rounds: usize,
    /// The length of one, at most.
    pub seconds: f64,
    /// Connections.
    pub connections: usize,
}

/// Loads them in turn, round by round. `between` is called after each turn.
pub fn alternate(plan: Plan, entrants: &[Entrant<'_>], between: &mut dyn FnMut(usize)) -> Vec<Series> {
    let runtime = runtime();
    let mut all = vec![Series::default(); entrants.len()];
    for round in 0..=plan.rounds {
        for (index, (entrant, series)) in entrants.iter().zip(&mut all).enumerate() {
            let (before, since) = ((entrant.cpu)(), Instant::now());
            let answers = runtime.block_on(turn(plan, entrant)) as f64;
            let (seconds, cpu) = (since.elapsed().as_secs_f64(), (entrant.cpu)() - before);
            if round > 0 {
                series.cpu.push(cpu / answers * 1e6);
                series.rate.push(answers / seconds);
            }
            between(index);
        }
    }
    all
}

/// The runtime of the load: one thread, so that it takes one core at most.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// One round of one entrant; says how many answers there were.
async fn turn(plan: Plan, entrant: &Entrant<'_>) -> usize {
    let mut clients = Vec::new();
    for _ in 0..plan.connections {
        clients.push(Client::connect(entrant.address).await.unwrap());
    }
    let requests = entrant.requests;
    let until = match requests.portion {
        Some(portion) => requests.next.load(Ordering::Relaxed) + portion,
        None => usize::MAX,
    };
    let deadline = Instant::now() + Duration::from_secs_f64(plan.seconds);
    let work = clients.into_iter().map(|mut client| async move {
        let mut answers = 0;
        // What is asked once only is counted out, and takes as long as it takes.
        while requests.portion.is_some() || Instant::now() < deadline {
            let Some(request) = requests.next(until) else { break };
            let answer = client.ask(request).await.unwrap();
            assert_eq!(answer.status, requests.status, "{}: {}", entrant.name, answer.text());
            answers += 1;
        }
        answers
    });
    let answers: usize = futures_util::future::join_all(work).await.into_iter().sum();
    if requests.portion.is_some() {
        // Everybody took one number too many.
        requests.next.store(until, Ordering::Relaxed);
    }
    answers
}

/// The middle of some figures.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The middle of the ratios of each round.
pub fn ratio(these: &[f64], those: &[f64]) -> f64 {
    median(&these.iter().zip(those).map(|(this, that)| this / that).collect::<Vec<_>>())
}
