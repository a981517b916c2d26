# make demo: installs what is missing, builds, and runs the two processes of the README beside private servers.
# make test: installs what is missing, lints, builds, and runs all tests; those that list every order of every
# small shape once more, in full, with an optimised build. All is tested with the trait NATS, and the optimised
# build is one without it, which must know of NATS only how to be built with it. The packages in Examples
# stand for all others that use muddled: they are built as those are, without the trait.
# make chaos: kills processes and stores of batches at least 100 times for each kind of coordinator, and has
# eight workers share 34,650 orders.

SWIFT ?= swift
PREFIX ?= /usr/local
LINTED = Package.swift Sources Tests $(wildcard Benchmarks Examples)

.PHONY: build demo docs test chaos install format lint clean packages all-packages

build: packages
	$(SWIFT) build

# Built for debugging: that takes two thirds of the time of an optimised build, and the demo is short.
demo: packages
	$(SWIFT) build --product muddled
	MUDDLED="$$($(SWIFT) build --show-bin-path)/muddled"; export MUDDLED; \
	  "$$MUDDLED" sandbox --redis --init Examples/client_test.sql -- sh scripts/demo.sh

test: all-packages lint
	$(SWIFT) build --build-tests --traits NATS
	$(SWIFT) build --product generate-manual --traits NATS
	sh scripts/run-tests.sh $(SWIFT) test --skip-build --traits NATS
	$(SWIFT) build --package-path Benchmarks --traits NATS
	sh scripts/test-examples.sh $(SWIFT)
	sh scripts/check-api.sh $(SWIFT)
	sh scripts/check-docs.sh $(SWIFT)
	sh scripts/run-tests.sh $(SWIFT) test -c release --scratch-path .build/exhaustive -Xswiftc -enable-testing --filter OrderSpace
	sh scripts/check-default-build.sh .build/exhaustive/release/muddled

# Kills processes and stores of batches at random times, far oftener than the tests do: about half an hour.
chaos: all-packages
	$(SWIFT) build --build-tests --traits NATS
	MUDDLED_CHAOS_KILLS=100 MUDDLED_CHAOS_RESTARTS=10 MUDDLED_FLEET_STEPS=4 \
	  sh scripts/run-tests.sh $(SWIFT) test --skip-build --traits NATS --filter 'ChaosTests|ExploreFleetTests'

# The Swift libraries are linked in, so that the program runs without a toolchain. The manual's generator runs only
# here, so it is not optimised.
install: packages
	$(SWIFT) build -c release --product muddled --static-swift-stdlib
	$(SWIFT) build --product generate-manual
	sh scripts/install.sh "$$($(SWIFT) build -c release --show-bin-path)/muddled" \
	  "$$($(SWIFT) build --show-bin-path)/generate-manual" "$(DESTDIR)$(PREFIX)"

# The articles and the reference of MuddledCore; warnings are errors.
docs: packages
	$(SWIFT) build --target MuddledCore
	sh scripts/check-docs.sh $(SWIFT)

format:
	$(SWIFT) format --in-place --parallel --recursive $(LINTED)

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(LINTED)
	sh scripts/check-imports.sh

clean:
	$(SWIFT) package clean

packages:
	@sh scripts/install-packages.sh

all-packages:
	@sh scripts/install-packages.sh all
