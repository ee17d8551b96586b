//! Which room may know what.

use crate::{Source, document, nothing, sources};

/// Lines of code with one of some words, which a rule forbids.
fn lines_with(sources: &[Source], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let lines = source.code().filter(|(_, line)| words.iter().any(|word| has_word(line, word)));
        found.extend(lines.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())));
    }
    found
}

/// Whether a word stands in a line, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let inside = |character: Option<char>| {
        character.is_some_and(|character| character.is_alphanumeric() || character == '_')
    };
    line.match_indices(word).any(|(start, _)| {
        !inside(line[..start].chars().next_back()) && !inside(line[start + word.len()..].chars().next())
    })
}

#[test]
fn the_libraries_do_no_input_or_output_and_read_no_clock() {
    let mut libraries = sources();
    libraries.retain(|source| source.is_in(&["crates/odata/", "crates/autopilot/"]));
    let banned = [
        "std::fs",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "ToSocketAddrs",
        "std::env",
        "std::io",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant",
        "now_utc",
        "now_v7",
        "new_v4",
        "tokio",
        "rand",
        "println",
        "eprintln",
        "tailmark::",
    ];
    nothing("not in a library", &lines_with(&libraries, &banned));
    for (library, banned) in [("odata", ["autopilot", "tailmark"]), ("autopilot", ["tailmark", "rusqlite"])] {
        let manifest = document(&format!("crates/{library}/Cargo.toml"));
        // Tests may have a database.
        let manifest = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        let dependencies = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        for name in dependencies {
            let world =
                ["tokio", "rusqlite", "reqwest", "hyper", "axum", "ring", "rand", "tracing", "tempfile"];
            assert!(!world.contains(&name) && !banned.contains(&name), "{library} depends on {name}");
        }
    }
}

#[test]
fn rooms_know_only_those_below_them() {
    // A room, and what it must not name.
    let rooms: [(&[&str], &[&str]); 8] = [
        (
            &["store.rs", "store/"],
            &["crate::http", "crate::worker", "crate::commands", "crate::issuer", "crate::seed"],
        ),
        // The console has the API and nothing beside it.
        (
            &["console.rs", "console/"],
            &[
                "crate::http",
                "crate::store",
                "crate::access",
                "crate::worker",
                "crate::commands",
                "crate::issuer",
                "crate::seed",
            ],
        ),
        (
            &["catalogue.rs", "catalogue/", "browser.rs"],
            &["crate::http", "crate::store", "crate::access", "crate::console", "crate::commands"],
        ),
        (&["worker.rs"], &["crate::http", "crate::commands", "crate::issuer"]),
        (
            &["http.rs", "http/"],
            &[
                "crate::worker",
                "crate::commands",
                "crate::console",
                "crate::issuer",
                "crate::seed",
                "crate::intercept",
            ],
        ),
        (
            &["intercept.rs", "intercept/"],
            &["crate::worker", "crate::commands", "crate::issuer", "crate::seed", "crate::store"],
        ),
        (
            &["tls.rs", "tls/"],
            &[
                "crate::http",
                "crate::worker",
                "crate::commands",
                "crate::issuer",
                "crate::store",
                "crate::intercept",
            ],
        ),
        (&["issuer.rs", "issuer/", "jwt.rs"], &["crate::worker", "crate::commands", "crate::store"]),
    ];
    for (room, above) in rooms {
        let places: Vec<String> = room.iter().map(|place| format!("crates/tailmark/src/{place}")).collect();
        let mut inside = sources();
        inside.retain(|source| source.is_in(&places.iter().map(String::as_str).collect::<Vec<_>>()));
        assert!(!inside.is_empty(), "{places:?}");
        let mut found = lines_with(&inside, above);
        // What docs/architecture.md grants: one constant.
        found.retain(|line| !line.ends_with("use crate::issuer::PERSONAL_TENANT;"));
        nothing("upwards or sideways", &found);
    }
}

#[test]
fn only_one_file_names_the_database_driver() {
    let mut others = sources();
    others.retain(|source| {
        !source.is_in(&["crates/tailmark/src/store/db.rs", "crates/tailmark/src/store/db/"])
    });
    nothing("drivers are named below store/db.rs", &lines_with(&others, &["rusqlite", "use postgres"]));
}

#[test]
fn only_one_file_chooses_an_error_status() {
    const SUCCESS: &[&str] = &["OK", "CREATED", "ACCEPTED", "NO_CONTENT", "NOT_MODIFIED"];
    const DOORS: &[&str] = &[
        "crates/tailmark/src/http/error.rs",
        "crates/tailmark/src/http/error/told.rs",
        "crates/tailmark/src/issuer/refusal.rs",
        "crates/tailmark/src/intercept/refusal.rs",
        "crates/tailmark/src/console/refusal.rs",
        "crates/tailmark/src/catalogue/page.rs",
        // Beside the API, for tests only.
        "crates/tailmark/src/emulation.rs",
    ];
    let mut found = Vec::new();
    for source in sources() {
        // A client compares statuses with those that it gets.
        if DOORS.contains(&&*source.path) || source.path.contains("/graph_client") {
            continue;
        }
        for (number, line) in source.code() {
            let statuses = line.split("StatusCode::").skip(1).map(|rest| {
                rest.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
                    .next()
                    .unwrap()
            });
            let readiness = source.path.ends_with("src/http.rs") && line.contains("app.store.version()");
            let chosen = statuses.filter(|name| !SUCCESS.contains(name) && !name.is_empty()).count();
            if chosen > 0 && !readiness {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    nothing("error statuses are chosen in http/error.rs", &found);
}
