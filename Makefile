# Two commands do everything: `make run` and `make test`. They install what they need into target/tools.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 9000
TOOLS := $(CURDIR)/target/tools
export PATH := $(TOOLS)/bin:$(PATH)

# What reads the template, from PyPI. The folder's name holds the versions, so that another one is another folder.
CFN_LINT := 1.58.0
SAM_CLI := 1.170.0
PYTHON := $(TOOLS)/python-$(CFN_LINT)-$(SAM_CLI)
# What asks the server whether it keeps openapi.yaml. With another Hypothesis the same seed makes up other questions.
SCHEMATHESIS := 4.32.5
HYPOTHESIS := 6.170.17
CONTRACT := $(TOOLS)/contract-$(SCHEMATHESIS)-$(HYPOTHESIS)
FUNCTIONS := login refresh sessions revoke authorizer cleanup

.PHONY: help run test lint template client contract unit bins mutants fuzz bench load soak release zips reproducible sbom advisories docs tools-cc tools-curl tools-nextest tools-fuzz tools-deny tools-cyclonedx tools-python tools-contract tools-node tools-chromium

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

run: tools-cc client/demo/dist/demo.js ## Serve everything on http://127.0.0.1:9000 (PORT=.. for another port)
	@cargo build --workspace --bins
	@exec target/debug/latchkey-local --port $(PORT)

test: lint template client contract unit ## Run every check and every test; the last lines are the summary

lint: tools-cc tools-deny ## Format, lints, documentation, licences
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
	cargo fetch --quiet --locked # the licences of every platform's crates, not only of this one
	cargo deny --offline --log-level error check licenses bans sources

template: tools-python ## Check the template with cfn-lint and SAM, offline
	$(PYTHON)/bin/cfn-lint --regions us-east-1 eu-central-1 -- template.yaml
	SAM_CLI_TELEMETRY=0 $(PYTHON)/bin/sam validate --lint --region us-east-1 --template template.yaml

client: bins tools-chromium client/node_modules/installed ## Types and tests of the npm package, against the real server and in a browser
	cd client && npm run --silent typecheck && npm run --silent build && npm run --silent size && npm run --silent demo && npm test --silent && npm run --silent browser

contract: bins tools-contract ## Ask the real server some 2,000 things whether it keeps openapi.yaml
	SCHEMATHESIS=$(CONTRACT)/bin/schemathesis tests/contract/run

client/node_modules/installed: client/package-lock.json | tools-node
	cd client && npm ci --silent --no-audit --no-fund
	@touch $@

client/demo/dist/demo.js: client/node_modules/installed $(shell find client/src client/demo client/styles -name dist -prune -o -type f -print)
	cd client && npm run --silent demo

unit: bins tools-nextest tools-curl ## Doc tests, then all other tests
	cargo test --quiet --workspace --doc
	LATCHKEY_BINARIES_BUILT=1 cargo nextest run --workspace --no-fail-fast --status-level fail --final-status-level fail

bins: tools-cc
	cargo build --quiet --workspace --bins

mutants: tools-cc tools-nextest ## Break the code on purpose; every mutant must make the suite fail
	tests/mutants/run

fuzz: tools-cc tools-fuzz ## Make up input for everything that reads some, FUZZ_SECONDS (30) each; needs a nightly compiler
	fuzz/run

bench: release ## Measure: a refresh's own work, cold starts, sizes, cleanup (takes minutes)
	cargo bench --quiet -p latchkey-tests --bench refresh
	cargo bench --quiet -p latchkey-tests --bench cold_start
	cargo bench --quiet -p latchkey-tests --bench cleanup

load: tools-cc ## A crowd on the local server for a minute (LOAD_SECONDS=..), drawn in docs/images/load.svg
	cargo build --quiet --profile load -p latchkey-local
	cargo bench --quiet --profile load -p latchkey-tests --bench load

soak: tools-cc ## A crowd and each kind of fault, a minute each (LOAD_SECONDS=..); nobody may be wronged
	cargo build --quiet --profile load -p latchkey-local
	cargo bench --quiet --profile load -p latchkey-tests --bench load -- faults

release: tools-cc ## Build the functions as they ship
	cargo build --release $(FUNCTIONS:%=-p latchkey-%)

zips: release tools-python ## Zip this machine's release builds in target/zips: the same binary, the same bytes
	@scripts/zips target/zips $(FUNCTIONS)

reproducible: tools-cc tools-python ## Build the functions twice, in two places, and compare the zips (takes minutes)
	scripts/reproduce $(FUNCTIONS)

sbom: tools-cyclonedx tools-node ## What is in a deployment and in the npm package (CycloneDX), in target/sbom
	@mkdir -p target/sbom
	@trap 'rm -f {shared,local,tests,tests/fuzz,functions/*}/sbom.json' EXIT; \
		cargo cyclonedx --quiet --format json --spec-version 1.5 --all --override-filename sbom && \
		for function in $(FUNCTIONS); do \
			sed 's|path+file://$(CURDIR)/|latchkey:|g' functions/$$function/sbom.json > target/sbom/$$function.cdx.json; done
	cd client && npm sbom --package-lock-only --omit dev --sbom-format cyclonedx > ../target/sbom/client.cdx.json
	@ls target/sbom

advisories: tools-deny tools-node ## Ask the advisory databases, over the network
	cargo deny check advisories
	cd client && npm audit --omit dev

docs: ## Write the settings table of docs/settings.md from the code
	UPDATE_DOCS=1 cargo test --quiet --workspace the_documentation_holds

tools-cc:
	@command -v cargo >/dev/null || { echo "Rust is missing: install the stable toolchain (1.95 or later) with rustup."; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is missing; installing gcc."; apt-get update -q && apt-get install -qy gcc libc6-dev; }

tools-curl:
	@command -v curl >/dev/null || { apt-get update -q && apt-get install -qy curl; }

tools-node:
	@command -v npm >/dev/null || { apt-get update -q && apt-get install -qy nodejs npm; }

tools-chromium:
	@command -v chromium >/dev/null || { apt-get update -q && apt-get install -qy chromium; }

tools-nextest: tools-cc
	@command -v cargo-nextest >/dev/null || cargo install --quiet --locked --root $(TOOLS) cargo-nextest --version 0.9.143

tools-fuzz: tools-cc
	@command -v cargo-fuzz >/dev/null || cargo install --quiet --locked --root $(TOOLS) cargo-fuzz --version 0.13.1

tools-deny: tools-cc
	@command -v cargo-deny >/dev/null || cargo install --quiet --locked --root $(TOOLS) cargo-deny --version 0.20.2

tools-cyclonedx: tools-cc
	@command -v cargo-cyclonedx >/dev/null || cargo install --quiet --locked --root $(TOOLS) cargo-cyclonedx --version 0.5.9

tools-python:
	@python3 -c 'import ensurepip' 2>/dev/null || { apt-get update -q && apt-get install -qy python3-venv; }
	@test -e $(PYTHON)/complete || { \
		python3 -m venv --clear $(PYTHON) && \
		$(PYTHON)/bin/pip install --quiet --disable-pip-version-check --no-compile cfn-lint==$(CFN_LINT) aws-sam-cli==$(SAM_CLI) && \
		touch $(PYTHON)/complete; }

tools-contract:
	@python3 -c 'import ensurepip' 2>/dev/null || { apt-get update -q && apt-get install -qy python3-venv; }
	@test -e $(CONTRACT)/complete || { \
		python3 -m venv --clear $(CONTRACT) && \
		$(CONTRACT)/bin/pip install --quiet --disable-pip-version-check --no-compile schemathesis==$(SCHEMATHESIS) hypothesis==$(HYPOTHESIS) && \
		touch $(CONTRACT)/complete; }
