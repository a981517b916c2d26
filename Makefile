# make demo: installs what is missing, builds, and runs the two processes of the README beside private servers.
# make test: installs what is missing, lints, builds, and runs all tests; those that list every order of every
# small shape once more, in full, with an optimised build.

SWIFT ?= swift
PREFIX ?= /usr/local
LINTED = Package.swift Sources Tests $(wildcard Benchmarks Examples)

.PHONY: build demo test install format lint clean packages

build: packages
	$(SWIFT) build

# Built for debugging: that takes two thirds of the time of an optimised build, and the demo is short.
demo: packages
	$(SWIFT) build --product muddled
	MUDDLED="$$($(SWIFT) build --show-bin-path)/muddled"; export MUDDLED; \
	  "$$MUDDLED" sandbox --redis --init Examples/client_test.sql -- sh scripts/demo.sh

test: packages lint
	$(SWIFT) build --build-tests
	sh scripts/run-tests.sh $(SWIFT) test --skip-build
	$(SWIFT) build --package-path Benchmarks
	sh scripts/run-tests.sh $(SWIFT) test -c release --scratch-path .build/exhaustive -Xswiftc -enable-testing --filter OrderSpace

# The Swift libraries are linked in, so that the program runs without a toolchain.
install: packages
	$(SWIFT) build -c release --product muddled --static-swift-stdlib
	install -D -m 755 "$$($(SWIFT) build -c release --show-bin-path)/muddled" \
	  "$(DESTDIR)$(PREFIX)/bin/muddled"

format:
	$(SWIFT) format --in-place --parallel --recursive $(LINTED)

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(LINTED)

clean:
	$(SWIFT) package clean

packages:
	@sh scripts/install-packages.sh
