//! The documents, done: every command in README.md and docs/ is typed into a terminal, and what that shows is what the
//! document shows.
//!
//! | in the document | what is done |
//! |---|---|
//! | a block of the language `console` | lines after `$ ` are typed, with those after `> ` that continue them; the lines below are what must be seen |
//! | `console service` | the same in a terminal of its own, whose last command goes on until the document ends |
//! | `…` in a line, or as a line | any text, or any lines |
//! | `# exit code 6` behind a command | how it ends; 0 where nothing is said |
//! | a `toml` or `yaml` block that begins with `# NAME` | a file of that name |
//! | `<!-- output of: COMMAND -->` above a `text` block | the whole block is what the command shows |
//! | `<!-- not run: WHY -->` above a block | left out; [`what_is_not_run`] lists all of them |
//!
//! A document has a temporary folder with `examples`, `target/release/tailmark` and nothing else. Port 4280 of a
//! document stands for the free one that its service has.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::terminal::Terminal;

/// Languages of blocks that hold no commands.
const DATA: [&str; 7] = ["http", "json", "mermaid", "rust", "text", "toml", "yaml"];
const PORTS: [&str; 2] = ["4280", "4281"];

/// A fenced block.
#[derive(Debug, Default)]
struct Block {
    /// Where it begins.
    line: usize,
    /// `console`
    language: String,
    /// What else the fence says.
    kind: String,
    not_run: Option<String>,
    output_of: Option<String>,
    text: Vec<String>,
}

/// A command, and what it shows.
#[derive(Debug, Default)]
struct Step {
    line: usize,
    typed: Vec<String>,
    shown: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// README.md, CONTRIBUTING.md and everything below docs, by path.
fn documents() -> BTreeMap<String, Vec<Block>> {
    let root = root();
    let mut folders = vec![root.join("docs")];
    let mut paths = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), blocks(&fs::read_to_string(path).unwrap()))).collect()
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let (mut not_run, mut output_of) = (None, None);
    for (number, line) in (1..).zip(document.lines()) {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.push(line.to_owned()),
            (None, Some(words)) => {
                let (language, kind) = words.split_once(' ').unwrap_or((words, ""));
                let (language, kind) = (language.to_owned(), kind.to_owned());
                let (not_run, output_of) = (not_run.take(), output_of.take());
                open = Some(Block { line: number, language, kind, not_run, output_of, text: Vec::new() });
            }
            (None, None) => {
                let said = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
                let said = said.unwrap_or_default();
                not_run = said.strip_prefix("not run: ").map(str::to_owned);
                output_of = said.strip_prefix("output of: ").map(str::to_owned);
            }
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

impl Block {
    fn is_run(&self) -> bool {
        self.language == "console" && self.not_run.is_none()
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for (line, text) in (self.line + 1..).zip(&self.text) {
            if let Some(command) = text.strip_prefix("$ ") {
                steps.push(Step { line, typed: vec![command.to_owned()], shown: Vec::new() });
                continue;
            }
            let step = steps.last_mut().unwrap_or_else(|| panic!("line {line}: {text:?} is of no command"));
            match text.strip_prefix("> ").or((text == ">").then_some("")) {
                Some(more) if step.shown.is_empty() => step.typed.push(more.to_owned()),
                _ => step.shown.push(text.clone()),
            }
        }
        for step in &mut steps {
            while step.shown.last().is_some_and(String::is_empty) {
                step.shown.pop();
            }
        }
        steps
    }
}

impl Step {
    /// How the command is said to end.
    fn code(&self) -> i32 {
        let said = self.typed.last().and_then(|line| line.rsplit_once("exit code "));
        said.map_or(0, |(_, code)| code.trim().parse().unwrap())
    }
}

/// Whether lines are as they should be: `…` is any text within a line, and any lines where it stands alone.
fn is_like(wanted: &[String], found: &[String]) -> bool {
    match wanted.split_first() {
        None => found.is_empty(),
        Some((line, rest)) if line == "…" => {
            (0..=found.len()).any(|skipped| is_like(rest, &found[skipped..]))
        }
        Some((line, rest)) => found
            .split_first()
            .is_some_and(|(first, others)| is_line_like(line, first) && is_like(rest, others)),
    }
}

fn is_line_like(wanted: &str, found: &str) -> bool {
    let mut pieces = wanted.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = found.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(place) = rest.find(piece) else { return false };
        rest = &rest[place + piece.len()..];
    }
    rest.ends_with(last)
}

/// A reader with a document, a folder and as many terminals as it takes.
struct Reader {
    name: String,
    folder: TempDir,
    main: Option<Terminal>,
    others: Vec<Terminal>,
    /// The ports that stand for those of the document.
    ports: [Option<String>; 2],
    faults: Vec<String>,
}

impl Reader {
    fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let release = folder.path().join("target/release");
        fs::create_dir_all(&release).unwrap();
        symlink(env!("CARGO_BIN_EXE_tailmark"), release.join("tailmark")).unwrap();
        symlink(root().join("examples"), folder.path().join("examples")).unwrap();
        let (name, main, others) = (name.to_owned(), None, Vec::new());
        Self { name, folder, main, others, ports: [None, None], faults: Vec::new() }
    }

    fn terminal(&self) -> Terminal {
        let system = std::env::var("PATH").unwrap();
        // The README says how the program comes to be found; the others begin after that.
        let path = match &*self.name {
            "README.md" => system,
            _ => format!("{}:{system}", self.folder.path().join("target/release").display()),
        };
        let home = self.folder.path().display().to_string();
        let mut environment = vec![("PATH", path), ("HOME", home)];
        let [http, proxy] = &self.ports;
        let listen = |port: &Option<String>| format!("127.0.0.1:{}", port.as_deref().unwrap_or("0"));
        environment.push(("TAILMARK_HTTP_LISTEN", listen(http)));
        if let Some(port) = http {
            environment.push(("TAILMARK_SERVER", format!("http://127.0.0.1:{port}")));
        }
        if proxy.is_some() {
            environment.push(("TAILMARK_INTERCEPT_LISTEN", listen(proxy)));
        }
        Terminal::open(self.folder.path(), &environment)
    }

    /// A line of the document as it is typed here.
    fn typed(&self, line: &str) -> String {
        let mut line = line.to_owned();
        if line.ends_with(" --intercept") {
            line += " 127.0.0.1:0";
        }
        for (usual, port) in PORTS.iter().zip(&self.ports) {
            if let Some(port) = port {
                line = line.replace(&format!(":{usual}"), &format!(":{port}"));
            }
        }
        line
    }

    /// Lines that were shown as the document has them.
    fn shown(&self, lines: Vec<String>) -> Vec<String> {
        let mut lines = lines;
        for (usual, port) in PORTS.iter().zip(&self.ports) {
            if let Some(port) = port {
                let usual = format!(":{usual}");
                lines = lines.iter().map(|line| line.replace(&format!(":{port}"), &usual)).collect();
            }
        }
        lines
    }

    /// The ports that a service has said it has.
    fn learn(&mut self, lines: &[String]) {
        let Some(line) = lines.iter().find_map(|line| line.split_once("listening on ")) else { return };
        for (place, address) in self.ports.iter_mut().zip(line.1.split(" on ")) {
            let end = address.find([';', ' ']).unwrap_or(address.len());
            *place = address[..end].rsplit_once(':').map(|(_, port)| port.to_owned());
        }
    }

    fn read(mut self, blocks: &[Block]) -> Vec<String> {
        for block in blocks {
            if let Some(file) = block.text.first().and_then(|line| line.strip_prefix("# "))
                && ["toml", "yaml"].contains(&&*block.language)
                && !file.contains(' ')
            {
                fs::write(self.folder.path().join(file), block.text.join("\n") + "\n").unwrap();
            }
            if let Some(command) = &block.output_of {
                let typed = format!("PATH=\"$PWD/target/release:$PATH\" {command}");
                let step = Step { line: block.line, typed: vec![typed], shown: block.text.clone() };
                self.follow(&step);
            }
            if !block.is_run() {
                continue;
            }
            let steps = block.steps();
            if block.kind == "service" {
                self.serve(&steps);
            } else {
                steps.iter().for_each(|step| self.follow(step));
            }
        }
        self.faults
    }

    fn follow(&mut self, step: &Step) {
        let mut terminal = self.main.take().unwrap_or_else(|| self.terminal());
        terminal.enter(&step.typed.iter().map(|line| self.typed(line)).collect::<Vec<_>>());
        let (lines, code) = terminal.until_done();
        self.learn(&lines);
        self.main = Some(terminal);
        self.compare(step, lines, code);
    }

    fn serve(&mut self, steps: &[Step]) {
        let (last, before) = steps.split_last().unwrap();
        let main = self.main.take();
        // Its own are free ones.
        self.ports = [None, None];
        before.iter().for_each(|step| self.follow(step));
        let mut own = std::mem::replace(&mut self.main, main).unwrap_or_else(|| self.terminal());
        own.enter(&last.typed.iter().map(|line| self.typed(line)).collect::<Vec<_>>());
        let lines = own.until_says("listening on ");
        self.learn(&lines);
        self.compare(last, lines, 0);
        self.others.push(own);
        if let Some(main) = &mut self.main {
            // What a reader has by default.
            let [port, proxy] = self.ports.clone().map(Option::unwrap_or_default);
            let proxy = match &*proxy {
                "" => "unset TAILMARK_INTERCEPT_LISTEN".to_owned(),
                port => format!("export TAILMARK_INTERCEPT_LISTEN=127.0.0.1:{port}"),
            };
            main.enter(&[format!(
                "export TAILMARK_SERVER=http://127.0.0.1:{port} TAILMARK_HTTP_LISTEN=127.0.0.1:{port}; {proxy}"
            )]);
            main.until_done();
        }
    }

    fn compare(&mut self, step: &Step, lines: Vec<String>, code: i32) {
        let lines = self.shown(lines);
        if code != step.code() || !is_like(&step.shown, &lines) {
            self.faults.push(format!(
                "{}:{}: $ {}\nends with {code} (the document: {}) and shows\n{}\n-- the document:\n{}\n",
                self.name,
                step.line,
                step.typed.join("\n> "),
                step.code(),
                lines.join("\n"),
                step.shown.join("\n")
            ));
        }
    }
}

#[track_caller]
fn read(is_meant: impl Fn(&str) -> bool) {
    let mut documents = documents();
    documents.retain(|name, blocks| {
        is_meant(name) && blocks.iter().any(|block| block.is_run() || block.output_of.is_some())
    });
    assert!(!documents.is_empty());
    let faults: Vec<String> = std::thread::scope(|scope| {
        let begun = documents.iter().map(|(name, blocks)| scope.spawn(move || Reader::of(name).read(blocks)));
        let readers: Vec<_> = begun.collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_readme_does_as_it_says() {
    read(|name| name == "README.md");
}

#[test]
fn the_how_tos_do_as_they_say() {
    read(|name| name.starts_with("docs/how-to/") || name == "docs/quickstart.md");
}

#[test]
fn the_other_documents_do_as_they_say() {
    read(|name| !name.starts_with("docs/how-to/") && !["README.md", "docs/quickstart.md"].contains(&name));
}

#[test]
fn what_is_not_run() {
    let (mut left_out, mut faults) = (Vec::new(), Vec::new());
    for (name, blocks) in documents() {
        for block in blocks {
            let place = format!("{name}:{}", block.line);
            let has_commands = block.text.iter().any(|line| line.starts_with("$ "));
            let is_data = DATA.contains(&&*block.language);
            match &block.not_run {
                Some(reason) => left_out.push(format!("{name}: {reason}")),
                None if is_data && has_commands && block.output_of.is_none() => {
                    faults.push(format!("{place}: commands are in blocks of `console`"));
                }
                None if !is_data && block.language != "console" => faults.push(format!(
                    "{place}: a block of {:?} is neither `console` nor data, and has no reason not to be run",
                    block.language
                )),
                None => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    insta::assert_snapshot!(left_out.join("\n"), @"
    CONTRIBUTING.md: what somebody does who changes the program
    README.md: builds the program
    docs/guarantees.md: the tests themselves
    docs/operations.md: builds a container
    docs/operations.md: folders of the system
    docs/tls.md: somebody's script
    ");
}

#[test]
fn what_is_like_what() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let check = |wanted: &str, found: &str| is_like(&lines(wanted), &lines(found));
    assert!(check("a\n…\nz", "a\nb\nc\nz") && check("a\n…\nz", "a\nz") && check("…", ""));
    assert!(check("took … s", "took 0.06 s") && check("a … b … c", "a 1 b 2 c") && check("a…", "a"));
    assert!(!check("a", "a\nb") && !check("took … s", "took 0.06 ms,") && !check("a … b", "a b"));
    assert!(!check("a\n…\nz", "a\nb") && !check("", "a"));
}
