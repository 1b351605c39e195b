# Everything the project does. CI runs the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build package binaries dist check test hosts bare run lint structure wording notices corpus soak compat fleet conformance bench site playground clean rust

DIST := target/dist
MODULES := $(DIST)/mcp-policy.wasm $(DIST)/mcp-policy.debug.wasm $(DIST)/mcp-policy.component.wasm $(DIST)/js/package.json
RELEASE := $(DIST)/release
NOTICES := LICENSE plugin/THIRD_PARTY.md
# The tool as programs that need no Rust, and nothing of the system but its kernel.
LINUX := x86_64-unknown-linux-musl aarch64-unknown-linux-musl
WINDOWS := x86_64-pc-windows-gnu
PROGRAMS := $(LINUX:%=$(DIST)/bin/mcp-policy-%) $(WINDOWS:%=$(DIST)/bin/mcp-policy-%.exe)

SITE := target/site
PLAYGROUND := $(SITE)/playground/index.html
# The command line tool in the JavaScript package: `npx mcp-policy`. It classifies the tools of the catalogue.
TOOL_IN_NODE := $(DIST)/js/tool_bg.wasm

JS_MODULE := target/wasm32-unknown-unknown/release/mcp_policy_js.wasm
TOOL_MODULE := target/wasm32-unknown-unknown/release/mcp_policy_tool_js.wasm

# The sources of each module, beside its own crate.
ENGINE := Cargo.toml Cargo.lock rust-toolchain.toml $(shell find plugin/engine -name '*.rs' -o -name Cargo.toml)
TOOL := $(ENGINE) $(shell find plugin/cases plugin/cli -name tests -prune -o -type f -print)
# Where npm puts the programs of the package.
NPM_PROGRAMS = $(abspath $(JS_TESTS))/node_modules/.bin
SAY = @printf '\n\033[1m== %s\033[0m\n'
PORT ?= 10000
ADMIN_PORT ?= 9901

# All members of the workspace each time, so that features stay the same and nothing is compiled twice.
TEST := cargo test --locked --workspace --no-fail-fast
include host-tests/setup.mk

# `part` runs a command and notes its time and result; a part that fails does not keep the next one from running.
# `finish` prints these notes and the skips, and fails if a part did or, with REQUIRE=all, if there is a skip. Tests note
# their skips in target/skipped.
define PARTS
failed= results=(); mkdir -p target; rm -f target/skipped
note() { results+=("$$(printf '%-26s %5d s  %s' "$$@")"); }
part() {
	local start=$$SECONDS result=passed; printf '\n\033[1m== %s\033[0m\n' "$$1"
	"$${@:2}" || { result=FAILED; failed=1; }
	note "$$1" $$((SECONDS - start)) $$result
}
skip() { printf '%s\t%s\n' "$$1" "$$2" >> target/skipped; }
skipped() { sort target/skipped | uniq | cut -f1 | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\1 without \2/' | paste -sd, | sed 's/,/, /g'; }
finish() {
	note total $$SECONDS "$${failed:+FAILED}"; printf '\n'; printf '%s\n' "$${results[@]}"
	printf 'skipped: %s%s\n' "$$([ ! -s target/skipped ] && echo nothing || skipped)" "$${1:+; left out: $$1}"
	[ -z "$$failed" ] && { [ "$${REQUIRE:-}" != all ] || [ ! -s target/skipped ]; }
}
endef
export PARTS
BEGIN = export $(WITH_HOSTS); eval "$$PARTS"

help: ## Print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 13

build: $(MODULES) $(addprefix $(DIST)/,$(notdir $(NOTICES))) ## Build the modules that gateways load and programs embed, in target/dist

package: $(DIST)/js/package.json $(TOOL_IN_NODE) ## Build the JavaScript package with the command line tool, in target/dist/js

binaries: $(PROGRAMS) ## Build the command line tool for machines without Rust: programs in target/dist/bin, and for pip in target/dist/python

check: ## After each edit, in two minutes: lints, unit tests, the corpus natively; CASE=name for some cases
	@$(BEGIN); \
	part 'format' cargo fmt --all --check; \
	part 'lints' cargo clippy --quiet --locked --workspace --all-targets -- -D warnings; \
	part 'structure' cargo run --locked --quiet --package xtask -- structure; \
	part 'wording' cargo run --locked --quiet --package xtask -- wording; \
	part 'notices' cargo run --locked --quiet --package xtask -- notices --check; \
	part 'unit tests' $(TEST) --quiet --lib --bins --examples; \
	part 'corpus, natively' env CORPUS_HOST=native $(TEST) --quiet --test hosts corpus::; \
	finish 'WebAssembly hosts, Envoys, oracles, documents and clients, which are in `make test`'

test: build hosts ## Unit tests, every case of policies/ on every host, and real MCP clients
	@$(BEGIN); \
	part 'compile the tests' $(TEST) --no-run; \
	if [ -z "$$failed" ]; then \
		part 'unit tests' $(TEST) --lib --bins --examples --test answers --test audit --test readme --test replay --test dependencies --test public_names --test usage; \
		part 'examples in documentation' $(TEST) --doc; \
		[ -e $(VENV)/ready ] && part 'scans of servers' $(TEST) --test scan || skip 'Envoy and the MCP SDK for Python' scan; \
		[ -e $(JS_TESTS)/ready ] && part 'command line in Node' env NPM_PROGRAMS=$(NPM_PROGRAMS) PATH="$(abspath $(NODE)):$$PATH" $(TEST) --test npm --test readme || skip 'the JavaScript package' npm; \
		part 'corpus and hosts' $(TEST) --test hosts; \
		part 'oracles' $(TEST) --test oracles; \
		part 'documents and tools' $(TEST) --test documents --test tools; \
		part 'clients and conformance' $(TEST) --test clients; \
	fi; \
	finish 'the long forms, which are in `make soak`'

# Without REQUIRE=all, failed installations are ignored, and the tests that need them are skipped.
ifeq ($(REQUIRE),all)
hosts: build package $(HOSTS) ## Install the programs that tests run beside the plugin: Envoys, interpreters, MCP SDKs and servers
bare: dist $(BARE_HOSTS) $(RELEASE_HOSTS)
else
hosts: build package
	@$(MAKE) --no-print-directory --keep-going $(HOSTS) || echo 'Not all of it could be installed.'
bare:
	@$(MAKE) --no-print-directory --keep-going dist $(BARE_HOSTS) $(RELEASE_HOSTS) || echo 'Not all of it could be built or installed.'
endif

# The time in the files of a release is that of the commit, so that they are the same whenever they are built.
TIME = "$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || date +%s)}"

# The completions come from the tool of the JavaScript package, which runs on every machine.
dist: build package binaries $(NODE)/ready ## All files of a release, in target/dist/release
	$(SAY) 'packing the release'
	rm -rf $(RELEASE) $(DIST)/completions
	mkdir -p $(RELEASE) $(DIST)/completions
	for shell in bash zsh fish powershell; do $(NODE)/node $(DIST)/js/bin.js completions $$shell > $(DIST)/completions/$$shell; done
	$(NPM) pack --silent --pack-destination $(RELEASE) ./$(DIST)/js
	cargo run --locked --quiet --package xtask -- release $(DIST) $(RELEASE) --time $(TIME)
	cd $(RELEASE) && sha256sum --check --quiet SHA256SUMS

run: $(DIST)/mcp-policy.wasm $(VENV)/ready ## The demo in a real Envoy; POLICY=my.json UPSTREAM=http://127.0.0.1:9000/mcp for your own server
	$(SAY) 'building the command line tool'
	cargo build --locked --package mcp-policy-cli
	$(PYTHON) envoy/demo/run.py --tool target/debug/mcp-policy --wasm $(DIST)/mcp-policy.wasm --port $(PORT) --admin-port $(ADMIN_PORT) \
	$(if $(POLICY),--policy $(POLICY)) $(if $(UPSTREAM),--upstream $(UPSTREAM))

playground: $(SITE)/index.html $(PLAYGROUND) ## A page on which you write policies and see decisions, beside the site, on PORT of this machine
	$(NODE)/node plugin/js/playground/serve.mjs $(SITE) $(PORT)

lint: structure wording notices ## Formatting, lints with warnings denied, the structure, the wording and the notices
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --package mcp-policy-proxy-wasm --target wasm32-wasip1 -- -D warnings
	cargo clippy --locked --package mcp-policy-component --package mcp-policy-js --package mcp-policy-tool-js --target wasm32-unknown-unknown -- -D warnings
	cargo clippy --locked --package mcp-policy-cli --lib --no-default-features --target wasm32-unknown-unknown -- -D warnings
	cargo fmt --manifest-path $(PEER) --check
	cargo clippy --locked --manifest-path $(PEER) --target-dir $(RATE_LIMIT_PEER) -- -D warnings

structure: | rust ## Imports, layers, and the lengths of functions and files
	cargo run --locked --quiet --package xtask -- structure

wording: | rust ## The rate of turns of phrase to avoid, in comments and Markdown
	cargo run --locked --quiet --package xtask -- wording

notices: | rust ## The list of third-party crates in the shipped modules is up to date
	cargo run --locked --quiet --package xtask -- notices --check

corpus: build hosts ## Every case on every host; CASE=name for those with `name` in theirs
	@$(BEGIN); \
	part 'corpus' $(TEST) --test hosts corpus:: -- --nocapture; \
	finish 'everything but the cases, which is in `make test`'

soak: build hosts bare ## Every case at every split on every host, and the long forms of the tests
	@$(BEGIN); \
	part 'corpus, every split' env SPLITS=every $(TEST) --test hosts corpus:: -- --nocapture; \
	part 'long forms' $(TEST) --tests -- --ignored --nocapture; \
	part 'programs and packages' $(TEST) --test programs -- --nocapture; \
	part 'a program over HTTP' env MCP_POLICY_BIN=$(abspath $(DIST))/bin/mcp-policy-$$(uname -m)-unknown-linux-musl $(TEST) --test answers; \
	part 'packages of the registry' cargo publish --locked --workspace --dry-run --allow-dirty --target-dir target/publish; \
	if command -v cargo-deny >/dev/null; then \
		part 'licences and sources' cargo deny --offline check licenses bans sources; \
	else skip 'licences and sources' 'cargo-deny is missing: cargo install cargo-deny --locked'; fi; \
	finish

compat: build ## The cases on which the plugin of OLD=module.wasm and this one decide differently
	@[ -n "$(OLD)" ] || { echo 'make compat: write OLD=module.wasm, with the path from the root of the repository'; exit 2; }
	OLD="$(OLD)" $(TEST) --test hosts compat::decisions -- --ignored --nocapture

fleet: build $(VENV)/ready ## Two Envoys count by your own rate limit service, RLS=host:port, which needs the limits that this prints
	@[ -n "$(RLS)" ] || { echo 'make fleet: write RLS=host:port, the address of a service with the protocol of Envoy for rate limits'; exit 2; }
	@$(BEGIN); RLS="$(RLS)" $(TEST) --test hosts rate_limits::external -- --ignored --nocapture

conformance: build hosts ## All of the official conformance suite, direct and through Envoy, about three minutes
	@$(BEGIN); \
	part conformance $(TEST) --test clients conformance:: -- --include-ignored --nocapture; \
	finish

# A fleet is measured alone: it needs two programs more, and five minutes.
BENCHES := gateway $(if $(filter fleet,$(ONLY)),,engine counters)
FLEET_HOSTS := $(if $(filter fleet,$(ONLY)),$(REDIS)/ready $(RATE_LIMIT_PEER)/ready)

bench: build $(VENV)/ready $(FLEET_HOSTS) ## Measure in Envoy, the engine and its counts, eighteen minutes; OLD=module.wasm beside it; QUICK=1 for a trial of two, ONLY=name for one of some calls; ONLY=fleet for limits of a fleet, five minutes
	$(SAY) 'measuring (a first run compiles the hosts for speed, about five minutes on two cores)'
	$(WITH_HOSTS) QUICK=$(QUICK) ONLY="$(ONLY)" OLD=$(OLD) cargo bench --locked --package host-tests $(addprefix --bench ,$(BENCHES))

site: $(SITE)/index.html $(PLAYGROUND) ## The documents, the catalogue of tools and the playground as pages, in target/site, for any web server

clean: ## Remove everything that was built
	rm -rf target $(PACKAGES) $(SERVERS) $(SUITES) $(BROWSER) $(KUBERNETES) $(BUNDLERS) $(SITE_PACKAGES) $(PLAYGROUND_PACKAGES)

# What is shipped is the same wherever it is built. The flags count only with a target of its own: host programs go without.
SHIPPED = flags="$$(sh host-tests/paths.sh)"; CARGO_ENCODED_RUSTFLAGS="$$flags" cargo

# Both files are from one build: the second has the names of functions, for backtraces. The program that writes them compiles
# meanwhile, because the linker of the module takes one core.
$(DIST)/mcp-policy.wasm $(DIST)/mcp-policy.debug.wasm &: $(ENGINE) host-tests/xtask/src/exports.rs host-tests/paths.sh \
		$(shell find plugin/proxy-wasm -type f) | rust
	$(SAY) 'building the plugin'
	cargo build --locked --quiet --package xtask & \
	$(SHIPPED) rustc --locked --release --package mcp-policy-proxy-wasm --target wasm32-wasip1 -- -C strip=debuginfo && wait $$!
	mkdir -p $(DIST)
	cargo run --locked --quiet --package xtask -- exports target/wasm32-wasip1/release/mcp_policy_proxy_wasm.wasm $(DIST)/plugin.new $(DIST)/debug.new
	mv $(DIST)/plugin.new $(DIST)/mcp-policy.wasm
	mv $(DIST)/debug.new $(DIST)/mcp-policy.debug.wasm

# The linker of components comes with Rust; other linkers need a program that wraps a module. It links all modules of this target,
# because cargo compiles everything again for another one; plugin/js/build.rs tells it to leave those for JavaScript as they are.
COMPONENT_LINKER = export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-component-ld;

# Both come from one build, because then their engine is compiled once, and they are linked at the same time. Their target has no
# WASI, so the component imports only the functions of its interface.
$(DIST)/mcp-policy.component.wasm $(DIST)/js/package.json &: $(ENGINE) host-tests/xtask/src/bindgen.rs host-tests/paths.sh $(NOTICES) \
		$(shell find plugin/component -path '*/examples' -prune -o -type f -print) \
		$(shell find plugin/js \( -name site -o -name playground -o -name tool \) -prune -o -type f -print) | rust
	$(SAY) 'building the component and the module for JavaScript'
	$(COMPONENT_LINKER) $(SHIPPED) build --locked --release --target wasm32-unknown-unknown \
		--package mcp-policy-component --package mcp-policy-js
	rm -rf $(DIST)/js
	cargo run --locked --quiet --package xtask -- bindgen $(JS_MODULE) $(DIST)/js
	cp plugin/js/README.md plugin/js/package/* $(NOTICES) $(DIST)/js
	touch $(DIST)/js/package.json
	cp target/wasm32-unknown-unknown/release/mcp_policy_component.wasm $(DIST)/mcp-policy.component.new
	mv $(DIST)/mcp-policy.component.new $(DIST)/mcp-policy.component.wasm

$(TOOL_IN_NODE): $(TOOL) plugin/js/build.rs $(shell find plugin/js/tool -type f) host-tests/xtask/src/bindgen.rs host-tests/paths.sh $(DIST)/js/package.json | rust
	$(SAY) 'building the command line tool for Node'
	$(COMPONENT_LINKER) $(SHIPPED) build --locked --release --package mcp-policy-tool-js --target wasm32-unknown-unknown
	cargo run --locked --quiet --package xtask -- bindgen-tool $(TOOL_MODULE) $(@D)

# Written last. What is in the catalogue comes from the policies to copy, the attacks and the recorded lists of tools.
$(SITE)/index.html: $(shell find plugin/js/site -name node_modules -prune -o -type f -print) $(shell find policies -type f) \
		$(shell find . -path ./target -prune -o -name node_modules -prune -o -name '*.md' -print) $(wildcard plugin/cli/tests/fixtures/tool-lists/*) \
		$(wildcard host-tests/benches/results/*) $(TOOL_IN_NODE) $(SITE_PACKAGES)/.package-lock.json
	$(SAY) 'writing the site'
	$(NODE)/node plugin/js/site/build.mjs --root . --tool $(DIST)/js/tool-node.js --out $(@D)

# Its examples are the cases, which the package decides here as they expect.
$(PLAYGROUND): $(shell find plugin/js/playground plugin/js/site -name node_modules -prune -o -type f -print) $(shell find policies -name '*.json') \
		$(TOOL_IN_NODE) $(SITE_PACKAGES)/.package-lock.json $(PLAYGROUND_PACKAGES)/.package-lock.json
	$(SAY) 'building the playground'
	$(NODE)/node plugin/js/playground/build.mjs $(DIST)/js $(SITE)

$(DIST)/LICENSE: LICENSE
$(DIST)/THIRD_PARTY.md: plugin/THIRD_PARTY.md
$(DIST)/LICENSE $(DIST)/THIRD_PARTY.md:
	mkdir -p $(DIST)
	cp $< $@

# Zig is the compiler for C and the linker of every target. The wheel holds the same program, so that one build makes both. The
# program for Windows and the wheel have a time in them.
CROSS_PATH = flags="$$(sh host-tests/paths.sh)"; SOURCE_DATE_EPOCH=$(TIME) CARGO_ENCODED_RUSTFLAGS="$$flags" PATH="$(abspath $(CROSS))/bin:$$PATH"

$(LINUX:%=$(DIST)/bin/mcp-policy-%): $(DIST)/bin/mcp-policy-%: $(TOOL) host-tests/paths.sh | rust $(CROSS)/ready
	$(SAY) 'building the command line tool for $*'
	$(call rust_targets,$*)
	rm -f $(DIST)/python/*_$(firstword $(subst -, ,$*)).whl
	$(CROSS_PATH) maturin build --locked --release --zig --manifest-path plugin/cli/Cargo.toml --target $* \
		--compatibility manylinux2014 musllinux_1_1 --out $(DIST)/python
	mkdir -p $(@D)
	cp target/$*/release/mcp-policy $@.new
	mv $@.new $@

$(WINDOWS:%=$(DIST)/bin/mcp-policy-%.exe): $(DIST)/bin/mcp-policy-%.exe: $(TOOL) host-tests/paths.sh | rust $(CROSS)/ready
	$(SAY) 'building the command line tool for $*'
	$(call rust_targets,$*)
	$(CROSS_PATH) cargo zigbuild --locked --release --package mcp-policy-cli --target $*
	mkdir -p $(@D)
	cp target/$*/release/mcp-policy.exe $@.new
	mv $@.new $@

# rustup brings the compiler that rust-toolchain.toml names, but adds no target to one that is already there.
define rust_targets
	@for target in $(1); do \
		test -d "$$(rustc --print target-libdir --target $$target)" || rustup target add $$target || \
		{ echo "this Rust has no $$target target: install Rust with rustup from https://rustup.rs, then run this again"; exit 1; }; \
	done
endef

rust:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust from https://rustup.rs, then run this again'; exit 1; }
	$(call rust_targets,wasm32-wasip1 wasm32-unknown-unknown)
