# Everything that CI runs, and what is handy beside it.

default:
    @just --list

# The whole of CI.
ci: fmt clippy docs test metadata clients

# Formatting.
fmt:
    cargo fmt --all --check

# Lints, warnings denied.
clippy:
    cargo clippy --workspace --all-targets -- -D warnings

# Documentation, warnings denied.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# All tests, on a PostgreSQL of their own.
test:
    INSTALL_POSTGRES=1 cargo test --workspace

# $metadata against the standard's own schemas and tools.
metadata:
    cargo run -q -- metadata > target/metadata.xml
    cargo run -q -- metadata --format json > target/metadata.json
    .ci/check-metadata target/metadata.xml target/metadata.json

# Real OData clients against the service; 'just clients' has those that CI runs, 'clients/run' all.
clients:
    cargo build -q -p liveagent-odata
    INSTALL_POSTGRES=1 clients/run --fast

# Licences, sources and versions of the dependencies; needs cargo-deny.
deny:
    cargo deny check

# The explorer in a browser; needs node, chromium and psql.
explorer:
    cargo build
    clients/explorer/run

# The tests of the tenant's wall on walls that have a hole (docs/wall.md).
wall-mutants:
    INSTALL_POSTGRES=1 tests/wall-mutants

# Fuzzing of one target: url, cells, skiptoken, headers; needs g++.
fuzz target seconds="3600":
    fuzz/run {{target}} {{seconds}}

# The demo.
demo:
    cargo run --release -- demo --install-postgres
