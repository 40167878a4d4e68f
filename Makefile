# What a developer types. Everything works in a fresh clone with Go, git and make; "make test" installs the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Plain Go but for the race detector: one static program, and no C compiler while editing.
export CGO_ENABLED := 0
TAGS := headless

tool := go tool -modfile=tools/go.mod
gotest := go run ./internal/gotest -tags=$(TAGS)

say = @printf '%s  %s\n' "$$(date +%T)"

# make run ARGS="rpc --data /tmp/anna"
ARGS ?=
# make sim SEEDS=5000
SEEDS ?= 2000
# make fuzz FUZZTIME=30s
FUZZTIME ?= 30s
# make mutants NAMES="gap-accepted wrong-room"; all without
NAMES ?=
# make bench QUICK=1; PART=compare,idle for some parts of the driver alone; BENCH=Post COUNT=10 for other Go benchmarks
QUICK ?=
PART ?=
BENCH ?= Post|Receive|Group|Commit/|Page|Inbox$$|Listings|FindRows|AppendSync|Append/|Read$$|Request|Answer|ThreadOpen100k|ThreadScroll100k
COUNT ?= 6

.PHONY: help
help: ## list these commands
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 14

.PHONY: setup
setup: ## install what the tests need and fetch the modules
	@scripts/setup gcc nft ip bridge tcpdump unshare mkfs.ext4 losetup ping x11 wayland xkbcommon Xvfb xdotool import xclip zbarimg fcitx5 pinyin dbus-daemon desktop-file-validate appstreamcli
	@go mod download
	@cd bench && go mod download

.PHONY: run
run: window ## open the window; or run the program with ARGS
	@build/haggle-window $(ARGS)

.PHONY: window
window: ## build the program with a window, build/haggle-window
	@scripts/setup gcc x11 wayland xkbcommon
	@CGO_ENABLED=1 go build -trimpath -ldflags="$$(scripts/ldflags)" -o build/haggle-window .

.PHONY: demo
demo: ## open a seller and a buyer with sample goods on this machine; ARGS="-lang zh"
	@scripts/setup gcc x11 wayland xkbcommon
	@go run -tags=$(TAGS) ./internal/demo $(ARGS)

.PHONY: screenshots
screenshots: window ## take pictures of every screen, with ARGS=zh-dark of some; the best go to docs/screenshots
	@scripts/setup Xvfb xdotool import xclip
	@HAGGLE_PROGRAM=build/haggle-window go run -tags=$(TAGS) ./internal/screens $(ARGS)

.PHONY: sheets
sheets: ## make the contact sheets of docs/screens out of the pictures that make screenshots took at 1440x900
	@scripts/setup import
	@scripts/sheets

.PHONY: build
build: ## build the static program build/haggle
	@go build -tags=$(TAGS) -trimpath -ldflags="$$(scripts/ldflags)" -o build/haggle .

.PHONY: package
package: ## make the packages for Linux and Windows in build/packages
	@scripts/setup gcc x11 wayland xkbcommon x86_64-w64-mingw32-gcc makensis convert dpkg-shlibdeps jq xz
	@scripts/package

.PHONY: package-check
package-check: package ## install the packages on a fresh Debian and in Wine, run and remove them; minutes, as root
	@scripts/setup debootstrap wine Xvfb xdotool import xclip
	@HAGGLE_SOAK=1 go test -tags=$(TAGS) -count=1 -timeout=0 -v ./internal/packages

.PHONY: quick
quick: format vet ## the loop while editing: format, vet, tests without namespaces
	$(say) "tests, short"
	@$(gotest) -short ./...

.PHONY: test
test: setup format modules vet-all lint static plain compared rig race ## everything that has to pass, as CI runs it

.PHONY: plain
plain:
	$(say) "tests"
	@pkgs=$$(scripts/packages plain); $(gotest) -count=1 -timeout=10m $$pkgs
	$(say) "tests of the program with a window"
	@CGO_ENABLED=1 go run ./internal/gotest -tags=window -count=1 -timeout=5m .

.PHONY: rig
rig:
	$(say) "tests on networks of namespaces"
	@pkgs=$$(scripts/packages rig); [ -z "$$pkgs" ] || $(gotest) -count=1 -timeout=10m -p=1 $$pkgs

.PHONY: race
race: ## tests under the race detector, without namespaces
	$(say) "tests under the race detector"
	@pkgs=$$(scripts/packages race); CGO_ENABLED=1 $(gotest) -race -short -count=1 -timeout=10m $$pkgs

.PHONY: format
format:
	$(say) "format"
	@$(tool) golangci-lint fmt --diff

.PHONY: fmt
fmt: ## format all code
	@$(tool) golangci-lint fmt

.PHONY: modules
modules:
	$(say) "modules"
	@go mod tidy -diff
	@go mod verify >/dev/null

.PHONY: tidy
tidy: ## tidy all go.mod files
	@go mod tidy
	@cd tools && go mod tidy
	@cd bench && go mod tidy

.PHONY: vet
vet:
	$(say) "vet"
	@go vet -tags=$(TAGS) ./...

.PHONY: vet-all
vet-all: vet
	$(say) "vet of the window"
	@CGO_ENABLED=1 go vet .
	$(say) "vet for Windows"
	@GOOS=windows go vet -tags=$(TAGS) ./...
	$(say) "vet for macOS"
	@GOOS=darwin go vet -tags=$(TAGS) $$(scripts/packages darwin)

.PHONY: lint
lint: ## run the linters of .golangci.yml
	$(say) "lint"
	@$(tool) golangci-lint run --build-tags=$(TAGS)
	$(say) "lint of the window"
	@CGO_ENABLED=1 $(tool) golangci-lint run .

.PHONY: static
static: build window
	$(say) "static program"
	@! ldd build/haggle >/dev/null 2>&1 || { echo 'build/haggle is linked dynamically:'; ldd build/haggle; exit 1; }

.PHONY: fonts
fonts: ## make assets/fonts out of Debian's
	@scripts/setup fonttools noto
	@scripts/fonts

.PHONY: icon
icon: ## draw assets/icon.png and the icons of the tray
	@scripts/setup rsvg-convert
	@scripts/icon

.PHONY: sim
sim: ## simulate SEEDS random networks of whole nodes
	@$(gotest) -count=1 -timeout=0 ./internal/sim -run=TestSeeds -seeds=$(SEEDS)

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME)

.PHONY: soak
soak: package ## the long runs: kills, power cuts, many seeds; hours
	@HAGGLE_SOAK=1 $(gotest) -count=1 -timeout=0 -p=1 ./...
	@$(MAKE) sim SEEDS=20000

.PHONY: lan
lan: ## print how fast peers meet and part on a LAN, beside the limits; a quarter of an hour, as root
	@HAGGLE_SOAK=1 go test -tags=$(TAGS) -count=1 -timeout=0 -v -run='^TestLANTable$$' ./internal/e2e | grep -v '^=== '

.PHONY: trials
trials: ## repeat what networks do to people, 20 times each, as root; a quarter of an hour
	@scripts/trials 20

.PHONY: mutants
mutants: ## break the program on purpose and see the tests notice
	@go run ./internal/mutants $(NAMES)

.PHONY: bench
bench: driver ## measure beside the floor and NATS, a quarter of an hour, and the Go benchmarks beside bench/baseline.txt; QUICK=1
	@$(measure) $(if $(QUICK),-quick) $(if $(PART),-part $(PART))
	@[ -n '$(QUICK)$(PART)' ] || $(MAKE) benchmarks

.PHONY: profile
profile: driver ## show where the time of one message goes; profiles and traces of both ends are left in build/profile
	@rm -rf build/profile
	@$(measure) $(if $(QUICK),-quick) -part stages -profile build/profile

.PHONY: benchmarks
benchmarks:
	@mkdir -p build
	@go test -tags=$(TAGS) -run='^$$' -bench='$(BENCH)' -benchmem -benchtime=0.2s -count=$(COUNT) -timeout=0 $(benched) | tee build/bench.new | \
		awk '/^Benchmark|FAIL|panic/ { print; fflush() }'
	@$(tool) benchstat $$(ls bench/baseline.txt 2>/dev/null) build/bench.new

benched := ./chat ./storage ./storage/journal ./peer/wire ./rpc ./ui
measure := build/bench -program build/haggle -pair build/pair

# The driver is a module of its own: what it compares with is not the program's.
.PHONY: driver
driver: build
	@go build -tags=$(TAGS) -o build/pair ./internal/pair
	@cd bench && go build -o ../build/bench .

.PHONY: compared
compared: driver
	$(say) "the driver of make bench, to see that it works"
	@cd bench && go vet ./... && go mod tidy -diff
	@$(measure) -quick -part compare

.PHONY: proto
proto: ## generate peer/wire/*.pb.go
	@scripts/setup protoc
	@go build -modfile=tools/go.mod -o build/ google.golang.org/protobuf/cmd/protoc-gen-go
	@protoc --plugin=build/protoc-gen-go --go_out=. --go_opt=paths=source_relative peer/wire/*.proto
