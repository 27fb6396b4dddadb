# What is done with this repository, by name. `make` alone lists it.

SHELL := bash

# The modules of go.work, each of which builds alone, too. infra and docs/model share nothing with them.
modules = $(shell go list -m -f '{{.Dir}}')

# A service is a folder with a program of its own name: orders/cmd/orders. Everything that needs the list reads it here.
services = $(foreach dir,$(wildcard */cmd/*),$(if $(filter $(dir),$(notdir $(dir))/cmd/$(notdir $(dir))),$(notdir $(dir))))

# The built client. `make up CLIENT=` goes without it.
CLIENT = client/.next/standalone/server.js

# What the images are labelled with.
revision = $(shell git rev-parse HEAD 2>/dev/null)
labels = --build-arg VERSION=$(shell git describe --always --dirty 2>/dev/null) --build-arg REVISION=$(revision)

# The campaign and its tests need the real Redis; Debian's is installed where there is none.
redis = $(if $(shell command -v redis-server),,/usr/bin/redis-server)
# promtool comes with Debian's Prometheus.
promtool = $(if $(shell command -v promtool),,/usr/bin/promtool)

# Debian's, which the browser tests install unless it is there.
export CHROMIUM ?= /usr/bin/chromium

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: $(CLIENT) ## Run everything on this machine, at http://localhost:8080 (ARGS="-h" lists what can be changed)
	go run ./local -client $(if $(CLIENT),built,none) $(ARGS)

.PHONY: dev
dev: client/node_modules/.package-lock.json ## The same with hot reload of the client
	cd client && npm run --silent describe
	go run ./local -client dev $(ARGS)

.PHONY: demo
demo: ## Buy, race, decline, expire and refund, and tell what happens (ARGS="-data .data" uses what is up)
	go run ./local/cmd/demo $(ARGS)

.PHONY: seed
seed: ## Fill the system that is up with tickets (N=100000)
	go run ./local/cmd/seed $(if $(N),-n $(N)) $(ARGS)

# Many tests wait for timers and deadlines, so more packages and tests run at once than there are processors.
# What -short leaves out, and the browser tests tagged @thorough, are part of test-thorough.
# go vet has seen the code before, and linking without debug information takes two thirds of the time.
GO_TEST = go test -race -vet=off -ldflags=-w -p 4 -parallel 8 -short

.PHONY: test
test: test-go test-client test-browser test-chaos ## Run the tests that every change must pass

.PHONY: test-thorough
test-thorough: export THOROUGH = 1
test-thorough: GO_TEST := $(filter-out -short,$(GO_TEST))
test-thorough: test ## The same with every variation

# The stand-ins go without the race detector, which makes MongoDB's several times as slow.
.PHONY: test-go
test-go: .bin/standin $(redis) ## Build and vet each module alone, then test all of them with the race detector
	set -e; for module in $(modules); do echo "build $$module"; (cd $$module && GOWORK=off go build ./... && GOWORK=off go vet ./...); done
	STANDIN=$(CURDIR)/.bin/standin $(GO_TEST) work
	cd infra && GOWORK=off go vet ./... && GOWORK=off go test ./check && GOWORK=off go test -race ./clustertest ./reload
	cd docs/model && GOWORK=off go vet . && GOWORK=off go test .

.PHONY: model
model: ## Explore all states of the protocol, with and without each rule (ARGS="-trace NAME" prints a violation)
	cd docs/model && GOWORK=off go run . $(ARGS)

.PHONY: test-client
test-client: client/node_modules/.package-lock.json ## Lint, type-check and test the client
	cd client && npm run lint && npm run typecheck && npm test

.PHONY: test-browser
test-browser: $(CLIENT) .bin/local e2e/browser/node_modules/.package-lock.json $(CHROMIUM) ## Test the whole in a browser
	cd e2e/browser && npm run lint && npm run typecheck && LOCAL=$(CURDIR)/.bin/local npm test

.PHONY: test-chaos
test-chaos: .bin/chaos $(redis) ## Run a short campaign: three fixed seeds and a random one
	.bin/chaos -seed 1,2,3 -rounds 4 -parallel 4 -load 12s

.PHONY: chaos
chaos: .bin/chaos $(redis) ## Hurt the real processes while people buy, and judge (SEED=42 again, ROUNDS=100, ARGS="-h")
	.bin/chaos $(if $(SEED),-seed $(SEED)) $(if $(ROUNDS),-rounds $(ROUNDS)) $(ARGS)

.PHONY: screenshots
screenshots: $(CLIENT) .bin/local e2e/browser/node_modules/.package-lock.json $(CHROMIUM) ## Make docs/screenshots anew
	cd e2e/browser && LOCAL=$(CURDIR)/.bin/local npm run screenshots

.PHONY: performance
performance: $(CLIENT) .bin/local e2e/browser/node_modules/.package-lock.json $(CHROMIUM) ## Measure the client, for docs/performance.md
	cd e2e/browser && LOCAL=$(CURDIR)/.bin/local npm run performance

.PHONY: test-alerts
test-alerts: $(promtool) ## Bring about each alert with made-up time series
	promtool check config --syntax-only infra/k8s-observed/prometheus.yml
	cd infra/k8s-observed/rules && promtool test rules alerts.test.yaml

.PHONY: images
images: export DOCKER_BUILDKIT = 1
images: ## Build the images of all services and of the client
	set -e; for service in $(services); do \
		docker build -f infra/Dockerfile --build-arg SERVICE=$$service $(labels) -t ticketing/$$service .; done
	docker build -f client/Dockerfile --secret id=server-actions-key,env=NEXT_SERVER_ACTIONS_ENCRYPTION_KEY $(labels) -t ticketing/client .

.PHONY: services
services: ## List the services
	@echo $(services)

.PHONY: up-real
up-real: $(CLIENT) ## Run everything against the real MongoDB, Redis and NATS Streaming in Docker
	docker compose up --detach --wait
	MONGO_URI=mongodb://127.0.0.1:27017 NATS_URL=nats://127.0.0.1:4222 REDIS_ADDR=127.0.0.1:6379 \
		go run ./local -client $(if $(CLIENT),built,none) $(ARGS)

.PHONY: secrets
secrets: ## Print new passwords and keys for NATS, Redis and events, for kubectl create -f -
	@cd infra && GOWORK=off go run ./secrets/generate

.PHONY: test-cluster
test-cluster: ## Test everything on the cluster that KUBECONFIG names (ARGS=-standin without MongoDB's image)
	cd infra && GOWORK=off go build -o ../.bin/clustertest ./clustertest
	.bin/clustertest $(ARGS)

.PHONY: lint
lint: .bin/staticcheck client/node_modules/.package-lock.json e2e/browser/node_modules/.package-lock.json ## Check format, go vet, staticcheck and the linter of what is TypeScript
	unformatted=$$(gofmt -l $(modules) infra docs/model); test -z "$$unformatted" || { echo "not formatted:"; echo "$$unformatted"; exit 1; }
	go vet work
	.bin/staticcheck work
	cd infra && GOWORK=off ../.bin/staticcheck ./...
	cd docs/model && GOWORK=off ../../.bin/staticcheck .
	cd client && npm run lint
	cd e2e/browser && npm run lint

.PHONY: fmt
fmt: ## Format the code
	gofmt -w $(modules) infra docs/model

# go mod tidy would add the NATS Streaming server to every go.mod, because stan.go's own tests need it. So
# go vet, which reads our tests too, adds what the code needs.
.PHONY: tidy
tidy: ## Bring go.mod and go.sum in line with the code
	set -e; for module in common $(services); do echo "tidy $$module"; cd $(CURDIR)/$$module; \
		sed -i.old '/\/\/ indirect$$/d' go.mod; rm -f go.mod.old go.sum; GOWORK=off GOFLAGS=-mod=mod go vet ./...; go mod edit -fmt; done
	set -e; for module in local e2e infra; do echo "tidy $$module"; cd $(CURDIR)/$$module; GOWORK=off go mod tidy; done

.PHONY: bench
bench: .bin/bench .bin/standin ## Measure each request beside a limit of the same run (ARGS="-for 2s -rounds 1", -h)
	STANDIN=$(CURDIR)/.bin/standin .bin/bench $(ARGS)

.PHONY: rush
rush: .bin/bench .bin/standin ## Let 10,000 buyers want the same 500 tickets, and judge (ARGS="-buyers 1000 -tickets 50")
	STANDIN=$(CURDIR)/.bin/standin .bin/bench rush $(ARGS)

.PHONY: growth
growth: .bin/bench .bin/standin ## Measure requests with 1, 10 and 100 times the tickets, orders, users and streams (ARGS="-times 1,1000")
	STANDIN=$(CURDIR)/.bin/standin .bin/bench growth $(ARGS)

.PHONY: bench-compare
bench-compare: ## Compare two results of make bench by benchstat (A=.bench/….txt B=.bench/….txt)
	cd tools && GOWORK=off go tool benchstat $(abspath $(A) $(B))

.PHONY: bench-code
bench-code: .bin/standin ## Run the Go benchmarks of the hot pieces
	STANDIN=$(CURDIR)/.bin/standin go test -run '^$$' -bench . -benchmem work

# go build knows best what is out of date.
.PHONY: .bin/standin .bin/local .bin/chaos .bin/bench .bin/staticcheck
.bin/standin:
	go build -buildvcs=false -o $@ ./local/cmd/standin

.bin/local:
	go build -buildvcs=false -o $@ ./local

.bin/chaos:
	cd e2e && GOWORK=off go build -o ../$@ ./chaos

.bin/bench:
	cd e2e && GOWORK=off go build -o ../$@ ./bench

.bin/staticcheck:
	cd tools && GOWORK=off go build -o ../$@ honnef.co/go/tools/cmd/staticcheck

%/node_modules/.package-lock.json: %/package-lock.json
	@echo "installing the npm packages of $*"
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	touch $@

client_sources = docs/openapi.yaml docs/asyncapi.yaml $(shell find client -type f -not -path 'client/public/*' -not -path '*/node_modules/*' -not -path '*/.next/*' -not -path 'client/test/*' -not -name '*.test.ts*' -not -name next-env.d.ts -not -name '*.tsbuildinfo')

client/.next/standalone/server.js: client/node_modules/.package-lock.json $(client_sources)
	@echo "building the client, which takes about half a minute"
	cd client && npm run build
	touch $@

/usr/bin/chromium:
	@echo "installing Chromium"
	apt=apt-get; test "$$(id -u)" = 0 || apt="sudo apt-get"; $$apt update -q && $$apt install -q -y --no-install-recommends chromium

# The program alone: the service that comes with it is neither started now nor with the machine.
/usr/bin/redis-server:
	@echo "installing Redis"
	set -e; sudo=; test "$$(id -u)" = 0 || sudo=sudo; systemctl=true; test ! -d /run/systemd/system || systemctl="$$sudo systemctl"; \
		$$systemctl mask redis-server; $$sudo apt-get update -q; $$sudo apt-get install -q -y --no-install-recommends redis-server; \
		$$systemctl unmask redis-server; $$systemctl disable redis-server

/usr/bin/promtool:
	@echo "installing promtool"
	set -e; sudo=; test "$$(id -u)" = 0 || sudo=sudo; systemctl=true; test ! -d /run/systemd/system || systemctl="$$sudo systemctl"; \
		$$systemctl mask prometheus; $$sudo apt-get update -q; $$sudo apt-get install -q -y --no-install-recommends prometheus; \
		$$systemctl unmask prometheus; $$systemctl disable prometheus
