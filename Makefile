# Needs Rust and Python 3, nothing else; `make image` needs Docker.
.PHONY: help build run lint test bench image clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile

build: ## the release binary, target/release/tracker-mock
	cargo build --release --locked

run: ## serve; options in ARGS, as in: make run ARGS='--port 9000'
	cargo run --release --locked -- $(ARGS)

lint: ## format, clippy and docs, with warnings denied
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --locked
	cd bench && cargo fmt --check && cargo clippy --all-targets --locked -- -D warnings

test: ## every test: Rust's own, then a real client against the release binary
	cargo test --locked
	cargo build --release --locked
	python3 tests/sdk/run.py

bench: ## measure against the floor and others, bench/README.md; as in: make bench CASES=upload-20k ARGS=--quick
	python3 bench/run.py $(if $(CASES),--cases $(CASES)) $(ARGS)

image: ## the Docker image, as tracker-mock
	docker build -t tracker-mock .

clean: ## remove what was built
	cargo clean
