# Names for what is typed often; each recipe is one command.

# list the recipes
default:
    @just --list

# does it compile, quickly
check:
    cargo check --workspace --all-targets

# every test
test *arguments:
    cargo test --workspace {{arguments}}

# kills, stops and restarts of the real program
crash:
    cargo test -p tailmark --test crash

# take over what the snapshots in the tests show now; look at the difference afterwards
snap:
    cargo insta test --workspace --accept

# so many simulated runs of the import pipeline; a seed that fails is printed
simulate runs='100000':
    TAILMARK_SIMULATION={{runs}} cargo test --release -p tailmark --test crash simulation:: -- --nocapture

# the lints of the workspace, as errors
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# format everything
fmt:
    cargo fmt --all

# bytes of clients: seconds for each target, and which; all of them for a minute where not said
fuzz *arguments:
    fuzz/run {{arguments}}

# 10,000 devices in one upload: time, memory, disk
bench:
    cargo bench -p tailmark --bench import

# the story in one command
demo:
    cargo run --release -- demo

# the service, with its data below target/
run *arguments:
    cargo run -- serve --data target/data {{arguments}}

# the documentation of the sources
docs:
    cargo doc --workspace --no-deps --open

# SDKs and scripts against the service; writes docs/clients.md
e2e *arguments:
    e2e/run.py {{arguments}}

# what a change has to pass
ci:
    .ci/run
