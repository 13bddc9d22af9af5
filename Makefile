# `make run`, `make check` and `make test` are enough for everyday work. They install what they need: system packages
# with apt-get, everything else into target/tools. Where they cannot, they print what is missing before they start.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 9000
export TOOLS := $(CURDIR)/target/tools
export PATH := $(TOOLS)/bin:$(PATH)

# Versions of the tools that scripts/tools installs.
export NEXTEST := 0.9.151
export DENY := 0.20.2
export CYCLONEDX := 0.5.9
export CARGO_FUZZ := 0.13.2
export MUTANTS := 27.1.0
# The checks of template.yaml, from PyPI. The folder is named after the versions, so that new versions get a new folder.
export CFN_LINT := 1.58.0
export SAM_CLI := 1.170.0
export PYTHON := $(TOOLS)/python-$(CFN_LINT)-$(SAM_CLI)
# `make cloud` and `make arm64` build with these. They share one environment, because sam looks for cargo-lambda in it, and
# cargo-lambda for zig.
export CARGO_LAMBDA := 1.9.2
export ZIG := 0.17.1
export BUILD_PYTHON := $(TOOLS)/python-build-$(SAM_CLI)-$(CARGO_LAMBDA)-$(ZIG)
# A compiler and an emulator for the processor of the template, from Debian's packages: scripts/arm64-tools.
export ARM64 := $(TOOLS)/arm64
# A stand-in for AWS, to which `make cloud` deploys. Its libraries contradict those of SAM.
export MINISTACK := 1.5.33
export MINISTACK_PYTHON := $(TOOLS)/python-ministack-$(MINISTACK)
# The Python libraries of `make interop`, from PyPI. The folder is named after the list of their versions.
INTEROP_VERSIONS := $(firstword $(shell cksum < client/interop/python/requirements.txt))
export INTEROP_PYTHON := $(TOOLS)/python-interop-$(INTEROP_VERSIONS)
# The suites that `make contract` runs on another DynamoDB.
CONTRACT := linearizability:: refresh:: revoke::
FUNCTIONS := login refresh sessions revoke authorizer cleanup notify
STEP := @scripts/step

.PHONY: help run check test interop lint template client unit bins setup tools mutants fuzz model simulate bench load soak release zips \
	reproducible sbom advisories docs cloud arm64 contract

##@ Everyday

help: ## Print this list
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: tools-run client/demo/dist/demo.js ## Start Latchkey on http://127.0.0.1:9000 (PORT=9001 for another port)
	$(STEP) "Building the server: minutes and about 2 GB of disk the first time, seconds later" \
		cargo build --workspace --bins
	@exec target/debug/latchkey-local --port $(PORT)

check: tools-check client/node_modules/installed ## The loop for every change: format, lints, prose, unit tests, types of the client
	$(STEP) "Format" cargo fmt --all --check
	$(STEP) "Clippy: lints of all crates and their tests" cargo clippy --workspace --all-targets -- -D warnings
	$(STEP) "Prose: patterns that are hard to read" scripts/prose-check --summary
	$(STEP) "Unit tests of the crates" cargo test --quiet --workspace --lib
	$(STEP) "Types of the client" npm --prefix client run --silent typecheck

test: tools-test lint template client interop unit ## Run all checks and all tests; the summary comes last

setup: tools-test client/node_modules/installed client/interop/node_modules/installed ## Install everything that `make test` needs

tools: ## Report which tools are missing on this machine
	@scripts/tools --check $(TOOLS_test) cyclonedx cargo-fuzz && echo "Every other tool of \`make test\` is here."

docs: tools-build ## Write the tables of settings and parameters in docs/
	UPDATE_DOCS=1 cargo test --quiet --workspace -- \
		docs_settings_md_has_the_table_of_the_code the_documentation_holds_the_parameters_of_the_template

##@ Parts of make test

lint: tools-lint ## Format, lints, prose, documentation of the crates, licences of the dependencies
	$(STEP) "Format" cargo fmt --all --check
	$(STEP) "Clippy: lints of all crates and their tests (minutes the first time)" \
		cargo clippy --quiet --workspace --all-targets -- -D warnings
	$(STEP) "Prose: patterns that are hard to read, in documentation, comments, messages and names of tests" \
		scripts/prose-check
	$(STEP) "Self-test of the prose check" scripts/prose-check --self-test
	$(STEP) "Documentation of the crates: every link and example heading (minutes the first time)" \
		env RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
	$(STEP) "Patches of tests/mutants: each one applies" tests/mutants/run --check
	$(STEP) "Downloading the dependencies of all platforms, because cargo deny reads their licences" \
		cargo fetch --quiet --locked
	$(STEP) "Licences and sources of the dependencies" \
		cargo deny --offline --log-level error check licenses bans sources

template: tools-template ## Check the templates with cfn-lint and SAM, without a network
	$(STEP) "cfn-lint on template.yaml" \
		$(PYTHON)/bin/cfn-lint --regions us-east-1 eu-central-1 -- template.yaml
	$(STEP) "Transforming template.yaml twice: versions and aliases" $(PYTHON)/bin/python -B tests/cloud/versions.py
	$(STEP) "cfn-lint on web-acl.yaml" $(PYTHON)/bin/cfn-lint --regions us-east-1 -- web-acl.yaml
	$(STEP) "cfn-lint on the role for CI" \
		$(PYTHON)/bin/cfn-lint --regions us-east-1 eu-central-1 -- deploy-role.yaml
	$(STEP) "sam validate on template.yaml" \
		env SAM_CLI_TELEMETRY=0 $(PYTHON)/bin/sam validate --lint --region us-east-1 --template template.yaml

client: tools-client bins client/node_modules/installed ## Test the npm package, against the real server and in three browsers
	$(STEP) "Types of the client" npm --prefix client run --silent typecheck
	$(STEP) "Building the npm package" npm --prefix client run --silent build
	$(STEP) "Size of the npm package" npm --prefix client run --silent size
	$(STEP) "Building the demo page" npm --prefix client run --silent demo
	$(STEP) "Tests of the client with Vitest (about a minute)" npm --prefix client test --silent
	$(STEP) "Tests in Chromium, Firefox and WebKit against the real server (some minutes)" \
		env CHROMIUM="$$(scripts/browser chromium)" npm --prefix client run --silent browser

interop: tools-interop bins client/node_modules/installed client/interop/node_modules/installed ## Test with the libraries, frameworks and runtimes of users (two minutes)
	$(STEP) "Redocly and Spectral on openapi.yaml" npm --prefix client/interop run --silent lint
	$(STEP) "Generating the types of openapi.yaml" npm --prefix client/interop run --silent generate
	$(STEP) "Building the npm package" npm --prefix client run --silent build
	$(STEP) "Types of the suites" npm --prefix client/interop run --silent typecheck
	$(STEP) "JavaScript: OAuth libraries, a generated client, the npm package, Workers, Next.js, Vue, Svelte (a minute)" \
		npm --prefix client/interop test --silent
	$(STEP) "Python: OAuth and JWT libraries, a generated client" \
		$(INTEROP_PYTHON)/bin/python -B -m pytest client/interop/python

unit: tools-unit bins ## Run the examples in the documentation, then all Rust tests
	$(STEP) "Examples in the documentation of the crates" cargo test --quiet --workspace --doc
	$(STEP) "The verifier with ring instead of aws-lc-rs" \
		cargo test --quiet -p latchkey-verifier --no-default-features --features ring
	$(STEP) "All Rust tests, unit and end to end: compiles them, then runs them (minutes)" \
		env LATCHKEY_BINARIES_BUILT=1 cargo nextest run --workspace --no-fail-fast --status-level fail --final-status-level fail

bins: tools-build
	$(STEP) "Building the server and the functions (minutes and about 2 GB of disk the first time)" \
		cargo build --workspace --bins

client/node_modules/installed: client/package-lock.json | tools-node
	$(STEP) "Installing the npm packages of the client (about a minute)" \
		npm --prefix client ci --silent --no-audit --no-fund
	@touch $@

client/interop/node_modules/installed: client/interop/package-lock.json | tools-node
	$(STEP) "Installing the npm packages of the interop suites (about a minute)" \
		npm --prefix client/interop ci --ignore-scripts --silent --no-audit --no-fund
	@touch $@

client/demo/dist/demo.js: client/node_modules/installed $(shell find client/src client/demo client/styles -name dist -prune -o -type f -print)
	$(STEP) "Building the demo page" npm --prefix client run --silent demo

##@ Deeper tests

mutants: tools-mutants ## Break the code on purpose: cargo-mutants for the pure code, then tests/mutants/*.patch (two hours)
	tests/mutants/pure
	tests/mutants/run

fuzz: tools-fuzz ## Generate input for every parser, FUZZ_SECONDS=30 each (needs a nightly compiler)
	fuzz/run

model: tools-build ## Search all orders of events around the refresh rule, millions of states (about ten minutes)
	$(STEP) "All orders of events around the refresh rule (about ten minutes)" \
		cargo bench --quiet --profile dev -p latchkey-model --bench model

simulate: tools-build ## Simulate a million nights of users and thieves, and write the results into docs/refresh.md (minutes)
	$(STEP) "A million nights of users and thieves (minutes)" \
		cargo bench --quiet --profile dev -p latchkey-model --bench simulate

soak: tools-build ## Load the local server while DynamoDB fails, a minute per kind of fault (LOAD_SECONDS=..)
	$(STEP) "Building the server for load (minutes)" cargo build --profile load -p latchkey-local
	cargo bench --quiet --profile load -p latchkey-tests --bench load -- faults

advisories: tools-advisories ## Look for known vulnerabilities in the dependencies (needs a network)
	cargo deny check advisories
	npm --prefix client audit --omit dev

cloud: tools-cloud bins ## Deploy with SAM to a stand-in for AWS, and use the real functions through its HTTP API (ten minutes)
	$(STEP) "sam build, sam deploy to ministack, and a story (minutes; SAM_BUILD_MODE=debug is faster)" \
		$(BUILD_PYTHON)/bin/python -B tests/cloud/run.py

arm64: tools-arm64 ## Build the functions for arm64, as they are deployed, and test them in an emulator (SAM_BUILD_MODE=debug is faster)
	$(STEP) "sam build for arm64 (minutes for each function)" scripts/arm64 target/arm64
	$(STEP) "Every event of events/ in the emulator, which is slow: with retries, because a store call has 0.8 s (minutes)" \
		env LATCHKEY_FUNCTIONS=$(CURDIR)/target/arm64/functions cargo nextest run -p latchkey-tests --test it \
		--test-threads 1 --retries 3 functions::every_sample_event functions::authorizer::the_authorizer_answers_every_sample_event \
		functions::cleanup::the_events_of_the_schedule

contract: tools-contract ## Run the tests of refreshes, revocations and races on another DynamoDB than the embedded engine (minutes)
	$(STEP) "Tests of sessions on ministack" $(MINISTACK_PYTHON)/bin/python -B tests/cloud/contract.py $(CONTRACT)

##@ Measure

bench: release ## Measure a refresh, cold starts, sizes, cleanup and the lists of all users (half an hour)
	cargo bench --quiet -p latchkey-tests --bench refresh
	cargo bench --quiet -p latchkey-verifier --bench dpop
	cargo bench --quiet -p latchkey-tests --bench warm
	cargo bench --quiet -p latchkey-tests --bench cold_start
	cargo bench --quiet -p latchkey-tests --bench cleanup
	cargo bench --quiet -p latchkey-tests --bench fleet

load: tools-build ## Load the local server for a minute (LOAD_SECONDS=..) and draw docs/images/load.svg
	$(STEP) "Building the server for load (minutes)" cargo build --profile load -p latchkey-local
	cargo bench --quiet --profile load -p latchkey-tests --bench load

##@ Release

release: tools-build ## Build the Lambda functions as they are deployed
	$(STEP) "Building the functions with link-time optimisation (minutes)" \
		cargo build --release $(FUNCTIONS:%=-p latchkey-%)

zips: tools-zips release ## Zip this machine's release builds into target/zips; the same binary gives the same bytes
	@scripts/zips target/zips $(FUNCTIONS)

reproducible: tools-zips ## Build the functions twice, in two folders, and compare the zips (some minutes)
	scripts/reproduce $(FUNCTIONS)

sbom: tools-sbom ## List the contents of a deployment and of the npm package (CycloneDX) in target/sbom
	@scripts/sbom target/sbom $(FUNCTIONS)

# The tools of each target. scripts/tools knows them and looks for all of them before it installs the first.
TOOLS_build := rust cc
TOOLS_node := node
TOOLS_run := rust cc node
TOOLS_check := rust rust-lints cc node python
TOOLS_lint := rust rust-lints cc python deny
TOOLS_template := python template
TOOLS_client := rust cc node chromium certutil firefox webkit
TOOLS_interop := rust cc node python interop
TOOLS_cloud := rust cc python lambda-build ministack
TOOLS_arm64 := rust cc python lambda-build arm64 nextest
TOOLS_contract := rust cc python ministack nextest
TOOLS_unit := rust cc curl nextest
TOOLS_mutants := rust cc nextest mutants
TOOLS_fuzz := rust cc cargo-fuzz
TOOLS_zips := rust cc python
TOOLS_sbom := rust cc node cyclonedx
TOOLS_advisories := rust cc deny node
TOOLS_test := rust rust-lints cc curl node chromium certutil firefox webkit python template interop deny nextest

tools-%:
	@scripts/tools $(TOOLS_$*)
