# Needs Go, make and git; e2e needs the programs that .ci/run installs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test mutate e2e e2e-more lab lab-down bench lint exported vuln fmt generate golden manifests release programs plugins docs packages images images-lock

# In CI tests also look for data races, which takes a C compiler and time. make lint has
# vetted them there. Three packages at a time, since many of them wait.
RACE := $(if $(filter true,$(CI)),-race -vet=off -p 3)
VET := $(if $(filter true,$(CI)),-vet=off)
TOOL := go tool -modfile=tools/go.mod

# Tests that try fewer cases under the race detector run without it, too.
slow_files = $(shell grep -rlE --include='*_test.go' 'racetest\.[A-Z]' . | grep -v '^./bench/')

# End-to-end tests: of each change, and those that need not run on each (tag "more").
# Their files, their folders, those that wait longest first, and their tests' names.
E2E_LINE = ^//go:build e2e$$
MORE_LINE = ^//go:build e2e && more$$
e2e_files = $(shell grep -rlE --include='*_test.go' '$(1)' . | grep -v '^./bench/')
e2e_first = ./cmd/mackerel-plugin-mailrelay/ ./internal/stories/
e2e_packages = $(filter $(sort $(dir $(1))),$(e2e_first)) $(filter-out $(e2e_first),$(sort $(dir $(1))))
tests_of = $(shell sed -nE 's/^func (Test[A-Za-z0-9_]+).*/\1/p' $(1) /dev/null | grep -v '^TestMain$$' | paste -sd'|')

help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: ## see a bad release, its budget and the gate, in two minutes (KEEP=1 leaves it running)
	go build -o bin/shopslo ./cmd/shopslo
	./bin/shopslo demo $(if $(KEEP),--keep || [ $$? -eq 130 ])

# Those that take longest begin first, or the last one runs alone.
LONGEST = ./cmd/shopslo ./slo/ledger ./promotion/promoter/gitpush ./promotion/decisionlog ./fleet/kube ./plugins/mailrelay

test: ## run all tests but the end-to-end ones
	go test $(RACE) -timeout 15m $(LONGEST) ./...
	go -C bench test $(VET) -timeout 15m ./...
	$(if $(RACE),go test $(VET) -timeout 15m -run '^($(call tests_of,$(slow_files)))$$' $(sort $(dir $(slow_files))))

mutate: ## change a package at random and see whether its tests notice (PKG=./slo ARGS='-n 40 -seed 1')
	go -C tools run ./mutate -dir $(CURDIR) $(ARGS) $(PKG)

e2e: ## run the end-to-end tests, against real Kubernetes, Argo CD, Prometheus and VictoriaMetrics
	$(call run_e2e,e2e,$(call e2e_files,$(E2E_LINE)))

e2e-more: ## run those that need not run on each change: other versions, long chaos, scale, the lab itself
	go -C tools/chart test $(VET) .
	$(RELEASE) test $(VET) ./...
	$(call run_e2e,e2e$(comma)more,$(call e2e_files,$(MORE_LINE)))
	$(call run_e2e,e2e$(comma)more$(comma)argocd2,$(addprefix ./,$(wildcard cmd/shopset_exporter/*_e2e_test.go internal/stories/*_e2e_test.go)))
	@# On an Argo CD 3 as it comes, whose resyncs are up to a minute late.
	SHOPSLO_LAB_JITTER=60s go test $(VET) -tags e2e -count 1 -timeout 15m -run '^TestTheFleetAsPrometheusSeesIt$$' ./cmd/shopset_exporter/

comma := ,
define run_e2e
@[ -n '$(call tests_of,$(2))' ] || { echo 'no end-to-end tests found' >&2; exit 1; }
go run -tags $(1) ./internal/lab/labctl build
go test $(VET) -tags $(1) -count 1 -p 3 -timeout 15m -run '^($(call tests_of,$(2)))$$' $(call e2e_packages,$(2))
endef

lab: ## start Kubernetes, Argo CD, git and Prometheus, and leave them running (ARGS=-h lists options)
	go run ./internal/lab/labctl up $(ARGS)

lab-down: ## end what make lab has started
	go run ./internal/lab/labctl down $(ARGS)

bench: ## measure speed and memory against peers (ARGS=... goes to the program)
	go -C bench run . $(ARGS)

manifests: ## render the Helm chart into kustomize bases and golden files; review the difference
	go -C tools/chart run .
	git --no-pager diff --stat

# The plugins alone: what mkr installs beside an agent.
PLUGINS = $(notdir $(wildcard cmd/mackerel-plugin-* cmd/check-*))
PROGRAMS = $(notdir $(wildcard cmd/*))
PLATFORMS = linux/amd64 linux/arm64

DIST = $(CURDIR)/dist
# The tag, and the time of the commit, which is that of all files.
VERSION = $(shell git describe --tags --match 'v[0-9]*' 2>/dev/null || echo v0.0.0-dev.$$(git rev-parse --short HEAD))
EPOCH = $(shell git log -1 --format=%ct)
HERE = $(DIST)/shopslo_linux_$(shell go env GOHOSTARCH)
RELEASE = go -C tools/release
TAR = tar --sort=name --mtime=@$(EPOCH) --owner=0 --group=0 --numeric-owner

release: programs plugins packages images ## build dist/: programs, packages, images, the chart, bills of materials, sums
	@cp $(DIST)/doc/licenses/THIRD_PARTY_NOTICES.txt $(DIST)/
	@for p in $(PLATFORMS); do d=shopslo_linux_$${p#*/}; $(TAR) -C $(DIST) -c $$d LICENSE THIRD_PARTY_NOTICES.txt | gzip -9n > $(DIST)/$$d.tar.gz; done
	$(TAR) -C deploy/charts -ch shopslo | gzip -9n > $(DIST)/shopslo-chart.tgz
	@cd $(DIST) && sha256sum $$(find . -path ./doc -prune -o -type f \( -name '*.zip' -o -name '*.tar.gz' -o -name '*.tgz' -o -name '*.deb' -o -name '*.rpm' -o -name '*.oci.tar' -o -name '*.cdx.json' -o -name THIRD_PARTY_NOTICES.txt \) -printf '%P\n' | sort) | tee SHA256SUMS

programs: # all programs for Linux, as folders
	@rm -rf $(DIST) && mkdir -p $(DIST)
	@cp LICENSE $(DIST)/
	@for p in $(PLATFORMS); do \
	  dir=$(DIST)/shopslo_$${p%/*}_$${p#*/}; mkdir $$dir; \
	  GOTOOLCHAIN=$(RELEASE_GO) GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go build -buildvcs=auto -trimpath -ldflags '-s -w' -o $$dir/ $(addprefix ./cmd/,$(PROGRAMS)); \
	done

plugins: programs # the archives that mkr installs plugins from
	@for p in $(PLATFORMS); do \
	  dir=$(DIST)/shopslo_$${p%/*}_$${p#*/}; \
	  go -C tools run ./pack $$dir.zip $(addprefix $$dir/,$(PLUGINS)) $(CURDIR)/deploy/mackerel/README.md $(CURDIR)/deploy/mackerel/README.ja.md $(CURDIR)/LICENSE; \
	done

docs: programs # manual pages, completions, licenses, bills of materials
	$(RELEASE) run ./man -out $(DIST)/doc/man/man1 -version $(VERSION) $(addprefix $(HERE)/,$(PROGRAMS))
	$(RELEASE) run ./man -out $(DIST)/doc/man/ja/man1 -version $(VERSION) -lang ja_JP $(addprefix $(HERE)/,$(PROGRAMS))
	gzip -9n $(DIST)/doc/man/man1/*.1 $(DIST)/doc/man/ja/man1/*.1
	@mkdir -p $(DIST)/doc/completions
	@cd $(DIST)/doc/completions; for p in shopslo incidentbot; do \
	  $(HERE)/$$p completion bash > $$p.bash; $(HERE)/$$p completion zsh > _$$p; $(HERE)/$$p completion fish > $$p.fish; \
	done
	$(RELEASE) run ./notices -module $(CURDIR) -out $(DIST)/doc/licenses -sbom $(DIST)/sbom $(addprefix $(HERE)/,$(PROGRAMS))
	@cp LICENSE $(DIST)/doc/licenses/

packages: docs # for Debian and RPM, of each server and of the plugins
	$(RELEASE) build -o $(DIST)/.nfpm github.com/goreleaser/nfpm/v2/cmd/nfpm
	@mkdir -p $(DIST)/packages
	@for p in $(PLATFORMS); do for f in deploy/packages/*.yaml; do for kind in deb rpm; do \
	  ARCH=$${p#*/} VERSION=$(VERSION) PROGRAMS=$(DIST)/shopslo_linux_$${p#*/} DOC=$(DIST)/doc SOURCE_DATE_EPOCH=$(EPOCH) \
	    $(DIST)/.nfpm package --config $$f --packager $$kind --target $(DIST)/packages/; \
	done; done; done
	@rm $(DIST)/.nfpm

images: docs ## build container images into dist/images, without an engine
	$(RELEASE) run ./image -programs $(DIST) -out $(DIST)/images -version $(VERSION) -revision $$(git rev-parse HEAD) -epoch $(EPOCH) -notices $(DIST)/doc/licenses \
	  -packages $(CURDIR)/deploy/images/git.packages -cache $(CURDIR)/.cache/packages

images-lock: # take the newest of Debian's packages for the image with git
	$(RELEASE) run ./image -lock $(CURDIR)/deploy/images/git.packages

lint: ## check format, vet, staticcheck, dead code, the house's rules, exported names, the workflows
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted (make fmt mends it):" $$unformatted >&2; exit 1; fi
	go vet -tags e2e,more ./...
	go -C bench vet ./...
	go -C tools vet ./exported ./mutate ./pack ./vulndb
	$(TOOL) staticcheck -tags e2e,more ./...
	@dead=$$($(TOOL) deadcode -test -tags e2e,more ./... && cd bench && go tool -modfile=../tools/go.mod deadcode -test ./...); if [ -n "$$dead" ]; then echo "nobody calls this:" "$$dead" >&2; exit 1; fi
	go test -count 1 ./internal/archtest
	go -C tools run ./exported -tags e2e,more .. ../bench
	bash -n .ci/run
	$(TOOL) actionlint -shellcheck= -pyflakes=

exported: ## list exported names that no other package uses (ARGS=-tests: and those that only tests use)
	go -C tools run ./exported -tags e2e,more $(ARGS) .. ../bench

# The vulnerability database as the module proxy serves it, and the Go that releases are built with.
VULNDB = v0.0.0-20261105234957-e22db6528018
RELEASE_GO = go1.26.11

vuln: ## fail on known vulnerabilities that the programs call (VULNDB=latest asks the newest database)
	rm -rf .cache/vulndb
	go -C tools run ./vulndb $(VULNDB) $(CURDIR)/.cache/vulndb
	GOTOOLCHAIN=$(RELEASE_GO) go run -modfile=tools/go.mod golang.org/x/vuln/cmd/govulncheck -db file://$(CURDIR)/.cache/vulndb ./cmd/...

fmt: ## format all Go files
	gofmt -w .

generate: ## make what is generated from other files
	go generate ./...

golden: ## rewrite the golden files; review the difference
	go test $$(grep -rlE --include='*_test.go' 'internal/(golden|script)test"' . | xargs -n 1 dirname | sort -u) -update
	git --no-pager diff --stat
