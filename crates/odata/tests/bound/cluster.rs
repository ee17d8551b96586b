//! A PostgreSQL of the test's own: a private cluster in a temporary folder, on a Unix socket, without `fsync`.
//!
//! It needs nothing but the server's programs and the standard library, so tests of any crate can take this file in
//! with `#[path]`. The server and its folder go away when the [`Cluster`] is dropped and when the process that
//! started it ends, however it ends: a shell waits for the other end of a pipe.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The user that owns everything.
const USER: &str = "postgres";
/// For many small databases that last for a moment: who looks for one to clean up would do so all the time, and the log
/// is not to fill the memory.
const BRIEF: &str = "-c autovacuum=off -c max_wal_size=64MB";
/// The port in the socket's name, where none is asked for.
const PORT: u16 = 5432;
/// Starts a server, and stops it and takes its folder away when the standard input ends.
const KEEPER: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" -p "$3" -c listen_addresses="$4" -c fsync=off -c full_page_writes=off \
    -c synchronous_commit=off -c max_connections=200 -c timezone=UTC $5 >"$2/log" 2>&1 &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$2"
"#;

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    /// One for each time that the server was started.
    keepers: Vec<Child>,
    folder: PathBuf,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    databases: AtomicUsize,
    port: u16,
    /// Where it listens besides the socket; mostly empty.
    listen: &'static str,
    /// More settings.
    settings: &'static str,
}

impl Cluster {
    /// Makes and starts one among the temporary files.
    ///
    /// # Errors
    /// Why there can be none here, in a few words: `initdb is not in PATH`.
    pub fn start() -> Result<Self, String> {
        Self::make(&std::env::temp_dir(), "")
    }

    /// Makes and starts one at another place, for many databases that last for a moment each.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_in(place: &Path) -> Result<Self, String> {
        Self::make(place, BRIEF)
    }

    fn make(place: &Path, settings: &'static str) -> Result<Self, String> {
        let programs = programs().ok_or("initdb is not in PATH")?;
        let folder = folder(place)?;
        let owner = owner(&folder)?;
        let run = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(&folder).env("LC_ALL", "C").stdin(Stdio::piped());
            if let Some((uid, gid)) = owner {
                command.uid(uid).gid(gid);
            }
            command
        };
        let made = run(&programs.join("initdb"))
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"])
            .output()
            .map_err(|error| format!("initdb does not run: {error}"))?;
        if !made.status.success() {
            let _ = fs::remove_dir_all(&folder);
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim()));
        }
        let mut cluster = Self {
            keepers: Vec::new(),
            folder,
            programs,
            owner,
            databases: AtomicUsize::new(0),
            port: PORT,
            listen: "",
            settings,
        };
        cluster.serve()?;
        Ok(cluster)
    }

    /// Starts the server, and waits until it answers.
    fn serve(&mut self) -> Result<(), String> {
        let mut command = Command::new("/bin/sh");
        if let Some((uid, gid)) = self.owner {
            command.uid(uid).gid(gid);
        }
        let keeper = command
            .current_dir(&self.folder)
            .env("LC_ALL", "C")
            .args(["-c", KEEPER, "sh"])
            .args([&self.programs, &self.folder])
            .args([&self.port.to_string(), self.listen, self.settings])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("the server does not start: {error}"))?;
        self.keepers.push(keeper);
        let begun = Instant::now();
        while let Err(error) = self.run(USER, "SELECT 1") {
            if begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("the server does not answer: {error}\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Kills the server and everything it started as a crash would (SIGKILL), and says when it is gone.
    ///
    /// # Errors
    /// Where there is none to kill.
    pub fn kill(&self) -> Result<(), String> {
        let file = self.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let id = text.lines().next().unwrap_or_default().to_owned();
        // Its children would hold the shared memory for a moment longer.
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let send = |ids: &mut dyn Iterator<Item = &str>| {
            Command::new("kill")
                .arg("-KILL")
                .args(ids)
                .stderr(Stdio::null())
                .status()
                .map_err(|error| error.to_string())
        };
        if !send(&mut std::iter::once(id.as_str()))?.success() {
            return Err(format!("there is no process {id}"));
        }
        // Who served one statement may be gone by itself.
        send(&mut children.split_whitespace())?;
        let begun = Instant::now();
        while self.run(USER, "SELECT 1").is_ok() {
            if begun.elapsed() > PATIENCE {
                return Err("the server does not go away".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Starts the server again after [`Cluster::kill`].
    ///
    /// # Errors
    /// Why it does not start.
    pub fn restart(&mut self) -> Result<(), String> {
        let socket = format!(".s.PGSQL.{}", self.port);
        for file in ["data/postmaster.pid", &socket, &format!("{socket}.lock")] {
            let _ = fs::remove_file(self.folder.join(file));
        }
        self.serve()
    }

    /// Starts it again with TLS on a port of 127.0.0.1; certificate and key are PEM.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn secure(&mut self, port: u16, certificate: &str, key: &str) -> Result<(), String> {
        self.run(USER, "ALTER SYSTEM SET ssl = on")?;
        self.kill()?;
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let file = self.folder.join("data").join(name);
            let kept = fs::write(&file, text)
                .and_then(|()| fs::set_permissions(&file, fs::Permissions::from_mode(0o600)))
                .and_then(|()| self.owner.map_or(Ok(()), |(uid, gid)| chown(&file, Some(uid), Some(gid))));
            kept.map_err(|error| format!("{name} cannot be kept: {error}"))?;
        }
        (self.port, self.listen) = (port, "127.0.0.1");
        self.restart()
    }

    /// A new, empty database; answers its address as [`Cluster::url`] does.
    ///
    /// # Errors
    /// What the server says.
    pub fn create(&self) -> Result<String, String> {
        self.copy("template0")
    }

    /// A new database with what another has, which nobody is connected to; answers its address as [`Cluster::url`] does.
    ///
    /// # Errors
    /// What the server says.
    pub fn copy(&self, template: &str) -> Result<String, String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(USER, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))?;
        Ok(self.url(&name))
    }

    /// Takes a database away, whoever is connected to it.
    ///
    /// # Errors
    /// What the server says.
    pub fn remove(&self, database: &str) -> Result<(), String> {
        self.run(USER, &format!("DROP DATABASE {database} WITH (FORCE)"))
    }

    /// The address of a database: `postgresql://postgres@%2Ftmp%2F…:5432/name`. No password is asked for.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = self.folder.to_string_lossy().replace('%', "%25").replace('/', "%2F");
        format!("postgresql://{USER}@{host}:{}/{database}", self.port)
    }

    /// Runs a statement, or several with semicolons between them, in a database; what they answer is not read.
    ///
    /// # Errors
    /// What the server says.
    pub fn run(&self, database: &str, sql: &str) -> Result<(), String> {
        self.speak(database, sql).map_err(|error| error.to_string())
    }

    /// The simple query protocol: <https://www.postgresql.org/docs/current/protocol-flow.html>.
    fn speak(&self, database: &str, sql: &str) -> std::io::Result<()> {
        let mut stream = UnixStream::connect(self.folder.join(format!(".s.PGSQL.{}", self.port)))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let start = format!("\0\x03\0\0user\0{USER}\0database\0{database}\0\0");
        stream.write_all(&length_of(&start))?;
        stream.write_all(start.as_bytes())?;
        ready(&mut stream)?;
        let query = format!("{sql}\0");
        stream.write_all(b"Q")?;
        stream.write_all(&length_of(&query))?;
        stream.write_all(query.as_bytes())?;
        ready(&mut stream)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for keeper in &mut self.keepers {
            drop(keeper.stdin.take());
        }
        for keeper in &mut self.keepers {
            let _ = keeper.wait();
        }
    }
}

/// The length of a message, with its own four bytes.
fn length_of(text: &str) -> [u8; 4] {
    u32::try_from(text.len() + 4).unwrap_or(u32::MAX).to_be_bytes()
}

/// Reads messages until the server waits for the next query.
fn ready(stream: &mut UnixStream) -> std::io::Result<()> {
    let mut error = None;
    loop {
        let mut head = [0; 5];
        if let Err(end) = stream.read_exact(&mut head) {
            return Err(error.unwrap_or(end));
        }
        let [kind, length @ ..] = head;
        let mut body = vec![0; (u32::from_be_bytes(length) as usize).saturating_sub(4)];
        stream.read_exact(&mut body)?;
        match kind {
            b'Z' => return error.map_or(Ok(()), Err),
            b'E' => {
                let fields = body.split(|byte| *byte == 0);
                let text = fields.filter_map(|field| field.strip_prefix(b"M")).next().unwrap_or_default();
                error = Some(std::io::Error::other(String::from_utf8_lossy(text).into_owned()));
            }
            _ => {}
        }
    }
}

/// Where the server's programs are: in `PATH`, or where Debian keeps the newest.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter_map(|path| Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin"))))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|(_, folder)| folder));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// A new folder with a short name: that of a socket in it must be below 108 bytes.
fn folder(place: &Path) -> Result<PathBuf, String> {
    static FOLDERS: AtomicUsize = AtomicUsize::new(0);
    let name = format!("pg-{}-{}", std::process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed));
    let folder = place.join(name);
    // A process that had this number before may have been killed together with its keeper.
    let _ = fs::remove_dir_all(&folder);
    let made = fs::DirBuilder::new().mode(0o700).create(&folder);
    made.map_err(|error| format!("there is no folder for the server: {error}"))?;
    Ok(folder)
}

/// Who owns the folder and the server: the server refuses root, who gives them to another user.
fn owner(folder: &Path) -> Result<Option<(u32, u32)>, String> {
    let made_by = fs::metadata(folder).map_err(|error| error.to_string())?.uid();
    if made_by != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    let (uid, gid) = user("postgres").or_else(|| user("nobody")).ok_or("there is no user but root")?;
    chown(folder, Some(uid), Some(gid)).map_err(|error| error.to_string())?;
    Ok(Some((uid, gid)))
}
