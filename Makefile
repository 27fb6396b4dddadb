# What is done with this repository, by name. `make` alone lists it.

SHELL := bash

# The modules of go.work, each of which builds alone, too.
modules = $(shell go list -m -f '{{.Dir}}')

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: ## Run everything on this machine, at http://localhost:8080 (ARGS="-h" lists what can be changed)
	go run ./local $(ARGS)

.PHONY: demo
demo: ## Buy, race, decline, expire and refund, and tell what happens (ARGS="-data .data" uses what is up)
	go run ./local/cmd/demo $(ARGS)

.PHONY: test
test: .bin/standin ## Build and vet each module alone, then test all of them with the race detector
	set -e; for module in $(modules); do echo "build $$module"; (cd $$module && GOWORK=off go build ./... && GOWORK=off go vet ./...); done
	STANDIN=$(CURDIR)/.bin/standin go test -race work

.PHONY: lint
lint: .bin/staticcheck ## Check format, go vet and staticcheck
	unformatted=$$(gofmt -l $(modules)); test -z "$$unformatted" || { echo "not formatted:"; echo "$$unformatted"; exit 1; }
	go vet work
	.bin/staticcheck work

.PHONY: fmt
fmt: ## Format the code
	gofmt -w $(modules)

# go mod tidy would add the NATS Streaming server to every go.mod, for stan.go's own tests need it. What
# the code needs is what go vet, which reads the tests as well, asks for.
.PHONY: tidy
tidy: ## Bring go.mod and go.sum in line with the code
	set -e; for module in common auth tickets orders expiration payments; do echo "tidy $$module"; cd $(CURDIR)/$$module; \
		sed -i.old '/\/\/ indirect$$/d' go.mod; rm -f go.mod.old go.sum; GOWORK=off GOFLAGS=-mod=mod go vet ./...; go mod edit -fmt; done
	set -e; for module in local e2e; do echo "tidy $$module"; cd $(CURDIR)/$$module; GOWORK=off go mod tidy; done

.PHONY: bench
bench: .bin/standin ## Run the benchmarks
	STANDIN=$(CURDIR)/.bin/standin go test -run '^$$' -bench . -benchmem work

# go build knows best what is out of date.
.PHONY: .bin/standin .bin/staticcheck
.bin/standin:
	cd local && GOWORK=off go build -o ../$@ ./cmd/standin

.bin/staticcheck:
	cd tools && GOWORK=off go build -o ../$@ honnef.co/go/tools/cmd/staticcheck
