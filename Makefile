# Everything the project does. CI runs the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build test run lint soak clean rust

DIST := target/dist
VENV := target/venv
PYTHON := $(VENV)/bin/python
# Where the tests find Envoy's program, inside its Python package, and a Python with the MCP SDK.
WITH_HOSTS = ENVOY_BIN="$$($(PYTHON) -c 'import envoy, pathlib; print(pathlib.Path(envoy.__file__).parent / "_bin/envoy")')" \
	MCP_PYTHON=$(abspath $(PYTHON))
SAY = @printf '\n\033[1m== %s\033[0m\n'
PORT ?= 10000
ADMIN_PORT ?= 9901

help: ## Print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

build: $(DIST)/mcp-policy.wasm $(DIST)/mcp-policy.component.wasm ## Build what gateways load and programs embed, in target/dist

test: build $(VENV)/ready ## Unit tests, and the corpus natively, in wasmtime and in a real Envoy
	$(SAY) 'testing (a first run compiles the test hosts, about five minutes on two cores)'
	$(WITH_HOSTS) cargo test --locked --workspace

run: build $(VENV)/ready ## The demo in a real Envoy; POLICY=my.json UPSTREAM=http://127.0.0.1:9000/mcp for your own server
	$(PYTHON) envoy/demo/run.py --wasm $(DIST)/mcp-policy.wasm --port $(PORT) --admin-port $(ADMIN_PORT) \
	$(if $(POLICY),--policy $(POLICY)) $(if $(UPSTREAM),--upstream $(UPSTREAM))

lint: | rust ## Formatting and lints, warnings denied
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --package policy-proxy-wasm --target wasm32-wasip1 -- -D warnings
	cargo clippy --locked --package policy-component --target wasm32-unknown-unknown -- -D warnings

soak: build $(VENV)/ready ## The long forms of the tests
	$(WITH_HOSTS) cargo test --locked --package host-tests -- --ignored --nocapture

clean: ## Remove everything that was built
	rm -rf target

$(DIST)/mcp-policy.wasm: Cargo.toml Cargo.lock rust-toolchain.toml $(shell find plugin/policy plugin/policy-proxy-wasm -name '*.rs' -o -name Cargo.toml) | rust
	$(SAY) 'building the plugin'
	cargo build --locked --release --package policy-proxy-wasm --target wasm32-wasip1
	mkdir -p $(DIST)
	cp target/wasm32-wasip1/release/mcp_policy.wasm $@.new
	mv $@.new $@

# This target has no WASI, so the component imports only what its interface says. The linker comes with Rust and makes
# the component at once, where another would need a program to wrap a module.
$(DIST)/mcp-policy.component.wasm: Cargo.toml Cargo.lock rust-toolchain.toml $(shell find plugin/policy plugin/policy-component -name '*.rs' -o -name '*.wit' -o -name Cargo.toml) | rust
	$(SAY) 'building the component'
	cargo rustc --locked --release --package policy-component --target wasm32-unknown-unknown -- -C linker=wasm-component-ld
	mkdir -p $(DIST)
	cp target/wasm32-unknown-unknown/release/mcp_policy_component.wasm $@.new
	mv $@.new $@

# rustup brings the compiler that rust-toolchain.toml names, but adds no target to one that is already there.
rust:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust from https://rustup.rs, then run this again'; exit 1; }
	@for target in wasm32-wasip1 wasm32-unknown-unknown; do \
	test -d "$$(rustc --print target-libdir --target $$target)" || rustup target add $$target || \
	{ echo "this Rust has no $$target target: install Rust with rustup from https://rustup.rs, then run this again"; exit 1; }; done

$(VENV)/ready: host-tests/requirements.txt
	@command -v python3 >/dev/null || { echo 'python3 is missing: install Python 3.10 or later, then run this again'; exit 1; }
	$(SAY) 'getting Envoy and the MCP SDK for Python'
	python3 -m venv $(VENV) || { echo 'python3 cannot make a virtual environment: install its venv package (python3-venv), then run this again'; exit 1; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
