# Thin: a target makes the checkout ready (tools/bootstrap) and calls one tool. For a part of the tests:
#
#   make kernel ONLY=tests/kernel/test_bond_options.py ARGS='-k miimon'

ONLY ?=
ARGS ?=
RESULTS ?= results

export VIRTUAL_ENV := $(CURDIR)/.venv
export PATH := $(VIRTUAL_ENV)/bin:$(PATH)

LAB := python -m tests.lab
# Which of the tests that take turns run is decided in the lab.
TURNS := --env SEED --env ROTATION
PYTEST := python -m pytest
# Of Debian 12: Open vSwitch with DPDK, what that is linked with, and what it loads for the NICs of the emulated
# PC. The guest unpacks them, this machine never does.
DPDK := openvswitch-switch-dpdk $(addprefix librte-,bus-pci23 bus-vdev23 cryptodev23 dmadev23 eal23 ethdev23 \
	gso23 hash23 kvargs23 mbuf23 mempool23 mempool-ring23 meter23 net23 net-e1000-23 pci23 rcu23 ring23 \
	telemetry23 vhost23)
# They change /etc/resolv.conf, so the guest unpacks them too.
RESOLVERS := systemd-resolved resolvconf openresolv
# Importing hypothesis for its plugin takes two seconds in the lab; tests that use it work without.
IN_LAB := -p no:hypothesispytest
COVERAGE := $(abspath $(RESULTS))/coverage
MEASURED := COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml COVERAGE_FILE=$(COVERAGE)/data
SYSTEM_PARTS := $(if $(ONLY),$(if $(filter tests/system_host%,$(ONLY)),system-host,system-guest),system-host system-guest)

# The longest ones first, so that both processors have work to the end.
SUITES := python -m tests.suites --results $(RESULTS) kernel system crashes acceptance qemu pairs unit pythons survival lint

.DEFAULT_GOAL := help
.PHONY: help demo test whole lint reference unit pythons kernel acceptance system system-host system-guest lab coverage bench fuzz survival pairs independence crashes matrix qemu python machine emulator

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18
	@echo "ONLY=PATH and ARGS='OPTIONS' go to pytest. Results come to $(RESULTS)/."

demo: machine ## see it at work, on a kernel of its own
	@tools/demo

test: emulator ## all suites, with one summary; of many tests one in two or more, others each time
	@ROTATION=3 $(SUITES)

whole: emulator ## the same with every test: takes twice as long
	@$(SUITES)

lint: python ## ruff, mypy, and whether the reference page is what the schemas say
	@python -m ruff check .
	@python -m ruff format --check .
	@python -m mypy --strict
	@python tools/reference.py --check

reference: python ## make docs/reference.md anew from schemas/
	@python tools/reference.py

unit: python ## the pure tests: seconds, right here
	@$(PYTEST) $(or $(ONLY),tests/unit) --junitxml=$(RESULTS)/unit/tests.xml $(ARGS)

pythons: python ## the pure tests under every Python from 3.9 to 3.13 that is here; in a short run the first and the last
	@tools/pythons $(ARGS)

survival: python ## a random part of the fuzz test, its seed printed
	@$(PYTEST) $(or $(ONLY),tests/fuzz) --junitxml=$(RESULTS)/survival/tests.xml $(ARGS)

kernel: machine ## tests on a real kernel: the running one if it can, else User-mode Linux
	@$(LAB) run --auto --time-limit 1500 $(TURNS) --results $(RESULTS)/kernel -- \
		$(PYTEST) $(IN_LAB) $(or $(ONLY),tests/kernel -m "not acceptance") --junitxml=$(RESULTS)/kernel/tests.xml $(ARGS)

acceptance: machine ## what users are promised, on a real kernel: nothing of others lost, no packet, adoption…
	@$(LAB) run --auto --time-limit 1500 $(TURNS) --results $(RESULTS)/acceptance -- \
		$(PYTEST) $(IN_LAB) $(or $(ONLY),tests/kernel -m acceptance) --junitxml=$(RESULTS)/acceptance/tests.xml $(ARGS)

system: machine ## tests of a whole system, with systemd; and of the lab itself
	@$(MAKE) --no-print-directory --keep-going $(SYSTEM_PARTS)

system-host: machine
	@$(PYTEST) $(or $(ONLY),tests/system_host) --junitxml=$(RESULTS)/system/host.xml $(ARGS)

system-guest: machine
	@$(LAB) run --systemd $(addprefix --package ,$(RESOLVERS)) $(TURNS) --results $(RESULTS)/system -- \
		$(PYTEST) $(IN_LAB) $(or $(ONLY),tests/system) --junitxml=$(RESULTS)/system/guest.xml $(ARGS)

qemu: emulator ## drivers of PCI devices, on an emulated PC with Debian's kernel
	@# What is not compiled is compiled on the emulated processor, each time.
	@python -m compileall -qq os_net_config tests || true
	@$(LAB) run --qemu --nic 1 --nic 1 --nic-without-iommu 1 $(addprefix --package ,$(DPDK)) \
		--time-limit 900 $(TURNS) --results $(RESULTS)/qemu -- \
		$(PYTEST) $(IN_LAB) $(or $(ONLY),tests/qemu) --junitxml=$(RESULTS)/qemu/tests.xml $(ARGS)

lab: machine ## a shell on a kernel of its own; nothing you write there reaches this machine
	@$(LAB) shell $(ARGS)

coverage: machine ## how much of the code unit and kernel run
	@rm -rf $(COVERAGE)
	@mkdir -p $(COVERAGE)
	@status=0; \
	$(MEASURED) python -m coverage run -m pytest tests/unit || status=$$?; \
	$(MEASURED) $(LAB) run --auto --results $(COVERAGE) -- \
		python -m coverage run -m pytest $(IN_LAB) tests/kernel || status=$$?; \
	$(MEASURED) python -m coverage combine --quiet $(COVERAGE) || status=$$?; \
	$(MEASURED) python -m coverage report $(ARGS) || status=$$?; \
	exit $$status

bench: machine ## measure, and compare with the promises
	@python -m benchmarks $(ARGS)

fuzz: python ## look for inputs that break it, for long: ARGS='--seconds 3600 --seed 1'
	@python -m tests.fuzz $(ARGS)

pairs: machine ## two hundred pairs of configs on a real kernel: A then B is B; the seed is printed
	@$(LAB) run --auto --env SEED --env PAIRS --results $(RESULTS)/pairs -- \
		$(PYTEST) $(IN_LAB) -p no:logging $(or $(ONLY),tests/independence) --junitxml=$(RESULTS)/pairs/tests.xml $(ARGS)

crashes: machine ## runs killed by SIGKILL, one in twenty moments; then all is as before, or as was wanted
	@$(LAB) run --auto --time-limit 1500 --env SEED --env PART --results $(RESULTS)/crashes -- \
		$(PYTEST) $(IN_LAB) -p no:logging $(or $(ONLY),tests/crashes) --junitxml=$(RESULTS)/crashes/tests.xml $(ARGS)

matrix: machine ## runs killed at every moment of every plan, and so are their recoveries
	@$(LAB) run --auto --time-limit 7200 -- python -m tests.crashes $(ARGS)

independence: machine ## ten thousand pairs, side by side: ARGS='--pairs 1000 --jobs 2 --seed 1'
	@python -m tests.independence $(ARGS)

python:
	@tools/bootstrap python

machine:
	@tools/bootstrap

emulator:
	@tools/bootstrap emulator
