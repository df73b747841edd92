# Needs Rust and Python 3; `make test` also Chromium, which it installs by apt where it may; `make image` needs Docker.
.PHONY: help build static dist run lint check-windows test test-ci test-farm test-page test-python test-node test-go bench fuzz fuzz-api soak audit image clean

# How long `make fuzz`, for each target, and `make soak` take.
SECONDS ?= 600

# What is tested is what is shipped.
STATIC := $(CURDIR)/target/static/tracker-mock

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile

build: ## the release binary, target/release/tracker-mock
	cargo build --release --locked

# The flags are explained in the Dockerfile. On a system whose C library cannot be linked statically, as macOS, it is an
# ordinary release binary, which CI=true refuses on Linux.
static dist: TARGET = $(or $(CARGO_TARGET_DIR),target)
static dist: HOST = $(shell rustc -vV | sed -n 's/^host: //p')
static: ## the release binary without libraries, as it is tested and shipped: target/static/tracker-mock
	@mkdir -p $(dir $(STATIC))
	@if [ $$(uname -s) = Linux ] && CARGO_BUILD_TARGET=$(HOST) \
		RUSTFLAGS='-C target-feature=+crt-static -C relocation-model=pie -C relro-level=full -C link-arg=-Wl,-z,pack-relative-relocs' \
		cargo build --release --locked; \
	then cp -f $(TARGET)/$(HOST)/release/tracker-mock $(STATIC); \
	elif [ $$(uname -s) = Linux ] && [ -n "$$CI" ]; then exit 1; \
	else cargo build --release --locked && cp -f $(TARGET)/release/tracker-mock $(STATIC); fi

# integrations/ci/action.yml and tracker-mock.rb know the name of the archive.
dist: static ## what a release uploads, in dist/
	@mkdir -p dist
	tar -czf dist/tracker-mock-$(HOST).tar.gz -C $(dir $(STATIC)) tracker-mock -C $(CURDIR) LICENSE
	cargo package --locked --allow-dirty --no-verify
	cp $(TARGET)/package/tracker-mock-*.crate dist/
	TRACKER_MOCK_BIN=$(STATIC) python3 integrations/python/run.py wheel
	TRACKER_MOCK_BIN=$(STATIC) python3 integrations/node/dist.py dist

run: ## serve; options in ARGS, as in: make run ARGS='--port 9000'
	cargo run --release --locked -- $(ARGS)

lint: VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# One target folder for all packages: what they have in common is checked once, as long as their Cargo.lock name the same
# versions. That is also why what the crate holds is not built by `cargo package`, which would compile the dependencies
# once more. There are no examples, but where they may be, cargo gives the dependencies the features they have in tests,
# with which they are checked already.
lint: export CARGO_TARGET_DIR ?= $(CURDIR)/target
lint: ## format, clippy and docs, with warnings denied; and the workflows and manifests
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo clippy --lib --no-default-features --locked -- -D warnings
	@doubled=$$(cargo tree --locked --duplicates --edges normal 2> /dev/null) && test -z "$$doubled" || \
		{ echo 'Cargo.lock has two versions of one crate:'; echo "$$doubled"; exit 1; }
	@! cargo tree --locked --no-default-features --edges normal | grep -wE 'clap|tracing-subscriber' || \
		{ echo 'the library without features depends on the above'; exit 1; }
	cargo package --locked --allow-dirty --no-verify
	tar -xzf $(CARGO_TARGET_DIR)/package/tracker-mock-$(VERSION).crate -C $(CARGO_TARGET_DIR)/package
	cd $(CARGO_TARGET_DIR)/package/tracker-mock-$(VERSION) && cargo check --locked
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --lib --examples --locked
	cd bench && cargo fmt --check && cargo clippy --all-targets --locked -- -D warnings
	cd soak && cargo fmt --check && cargo clippy --all-targets --locked -- -D warnings
	cd fuzz && cargo fmt --check && cargo clippy --all-targets --locked --no-default-features -- -D warnings
	python3 integrations/check.py

# There are no groups of processes on Windows, so that dropping one does nothing.
check-windows: ## compile for Windows; needs gcc-mingw-w64 and `rustup target add x86_64-pc-windows-gnu`
	cargo clippy --locked --target x86_64-pc-windows-gnu -- -D warnings -A clippy::drop_non_drop

test: ## every test: Rust's own, then attacks, real clients and a browser on the static release binary
	cargo test --locked
	$(MAKE) static
	TRACKER_MOCK_BIN=$(STATIC) python3 tests/attacks/attacks.py
	TRACKER_MOCK_BIN=$(STATIC) python3 tests/sdk/run.py
	TRACKER_MOCK_BIN=$(STATIC) python3 tests/browser/cors.py
	$(MAKE) test-ci test-page test-farm test-python test-node test-go

test-ci: ## the steps of the GitHub action, integrations/ci
	TRACKER_MOCK_BIN=$(STATIC) python3 integrations/ci/test.py

test-page: static ## the page in a browser, every tab and button; as in: make test-page PICTURES=yes, or FLOOD_SECONDS=60
	TRACKER_MOCK_BIN=$(STATIC) python3 tests/browser/page.py $(if $(PICTURES),--pictures)

test-farm: ## several servers behind nginx and HAProxy, integrations/farm; unpacks Debian's packages where they are missing
	TRACKER_MOCK_BIN=$(STATIC) python3 integrations/farm/test.py

test-python: static ## the Python wheel and its pytest plugin, integrations/python; as in: make test-python ARGS='-k verdict'
	TRACKER_MOCK_BIN=$(STATIC) python3 integrations/python/run.py test $(ARGS)

test-node: static ## the npm packages under node:test, Vitest and Jest, integrations/node; installs Node by apt where it is missing
	TRACKER_MOCK_BIN=$(STATIC) python3 integrations/node/run.py

test-go: static ## the Go package, integrations/go; installs Go by apt where it is missing
	TRACKER_MOCK_BIN=$(STATIC) python3 integrations/go/run.py

bench: ## measure against the floor and others, bench/README.md; as in: make bench CASES=upload-20k ARGS=--quick
	python3 bench/run.py $(if $(CASES),--cases $(CASES)) $(ARGS)

fuzz: ## look for inputs that break it, fuzz/README.md; as in: make fuzz TARGET=upload SECONDS=60
	for target in $(or $(TARGET),$$(cargo +nightly fuzz list)); do mkdir -p fuzz/corpus/$$target; \
		cargo +nightly fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$(SECONDS) -max_len=4096 -timeout=60 || exit 1; done

fuzz-api: build ## fuzz by the OpenAPI document, with schemathesis; as in: make fuzz-api ARGS='--max-examples 200'
	python3 tests/fuzz-api/fuzz.py $(ARGS)

soak: build ## mixed traffic with clients that go away: nothing may be lost or left; as in: make soak SECONDS=60
	cd soak && cargo run --release --locked -- --binary ../target/release/tracker-mock --seconds $(SECONDS) \
		--log target/server.log

audit: ## licences, sources and known vulnerabilities of the dependencies; needs cargo-deny and the network
	@cargo deny --version > /dev/null || { echo 'audit: install cargo-deny: cargo install cargo-deny --locked'; exit 1; }
	cargo deny --locked check licenses bans sources
	@cargo deny --locked fetch db || { echo 'audit: nothing is known of vulnerabilities: https://github.com/rustsec/advisory-db cannot be reached'; exit 1; }
	cargo deny --locked check advisories

image: ## the Docker image, as tracker-mock
	docker build -t tracker-mock .

clean: ## remove what was built
	cargo clean
