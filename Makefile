# Mimeo: what one types. `make demo` to look at it, `make test` to trust it.

GO      ?= go
BIN     := bin/mimeo
TOOL    := $(GO) tool -modfile=tools/go.mod
BROWSER := test/browser
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)

# Only `make race` needs a C compiler.
export CGO_ENABLED = 0
export GOFLAGS = -buildvcs=false

FUZZTIME  ?= 20s
BENCHTIME ?= 1s

# The desk's editor is bundled from npm packages and never committed. Without npm
# the desk serves its plain text area.
EDITOR := internal/desk/assets/dist/editor.js

.PHONY: all build demo test test-needs test-vet test-go test-browser check format bench fuzz race screenshot clean

all: build

## build: one static binary, bin/mimeo
build: $(EDITOR)
	$(GO) build -trimpath -ldflags '-s -w -X mimeo/internal/cli.Version=$(VERSION)' -o $(BIN) ./cmd/mimeo

$(EDITOR): $(wildcard internal/desk/editor/src/*.ts) internal/desk/editor/package-lock.json tools/bundle/main.go
	@bash internal/desk/editor/build.sh

## demo: a whole newsroom on loopback; the address is printed
demo: build
	$(BIN) serve --demo

## test: installs what it needs and runs everything; the browser comes last
test: test-needs test-vet test-go test-browser

test-needs:
	@bash test/needs.sh

test-vet:
	$(GO) vet ./...

test-go: $(EDITOR)
	$(GO) test -shuffle=on -timeout 20m ./...

test-browser: build
	cd $(BROWSER) && MIMEO_BIN="$(CURDIR)/$(BIN)" node --test --test-concurrency=1 --test-reporter=spec *.test.mjs

## check: format, linters, dead code, the ladder, a tidy go.mod
check:
	@out="$$($(TOOL) gofumpt -l cmd internal test)"; if [ -n "$$out" ]; then echo "not in gofumpt's format:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) test -count=1 ./internal/archtest
	$(TOOL) golangci-lint config verify
	$(TOOL) golangci-lint run ./...
	@out="$$($(TOOL) deadcode ./cmd/...)"; if [ -n "$$out" ]; then echo "code that nothing reaches:"; echo "$$out"; exit 1; fi

## format: gofumpt, in place
format:
	$(TOOL) gofumpt -w cmd internal test

## bench: every benchmark, with its baseline beside it
bench: build
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./internal/...
	@for main in test/bench/*/main.go; do \
	  [ -e "$$main" ] || continue; dir="$$(dirname "$$main")"; echo "== $$dir"; MIMEO_BIN="$(CURDIR)/$(BIN)" $(GO) run "./$$dir" || exit 1; \
	done

## fuzz: each fuzz target for FUZZTIME
fuzz:
	@bash test/fuzz.sh $(FUZZTIME)

## race: the Go tests under the race detector (needs gcc)
race: test-needs
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout 40m ./...

## screenshot: docs/article.png, taken anew by the browser tests
screenshot: build
	cd $(BROWSER) && MIMEO_UPDATE_SCREENSHOT=1 MIMEO_BIN="$(CURDIR)/$(BIN)" node --test --test-reporter=spec picture.test.mjs

clean:
	rm -rf bin test/out
