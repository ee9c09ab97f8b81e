# The commands a newcomer needs. Each does all its own set-up on a bare machine.
PYTHON ?= python3
BIN := .venv/bin
SEED := $(or $(SEED),$(shell date +%s))

.PHONY: run test check fuzz bench lighthouse logins clean

run: .venv/run.stamp
	@$(BIN)/python -m clinic_notify.launcher

logins: .venv/run.stamp
	@$(BIN)/python -m clinic_notify.launcher --logins

test: .venv/dev.stamp
	@$(BIN)/python -m tests.run

check: .venv/dev.stamp
	@$(BIN)/python -m tests.check

fuzz: .venv/dev.stamp
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -q -o faulthandler_timeout=0 tests/histories --hypothesis-seed=$(SEED)

bench: .venv/dev.stamp
	@$(BIN)/python -m tests.rig $(BIN)/python -m benchmarks $(ARGS)

lighthouse: .venv/dev.stamp
	@$(BIN)/python -m pytest -q -rP -m lighthouse tests/browser/test_lighthouse.py

.venv/run.stamp: requirements.txt
	@$(PYTHON) bootstrap.py requirements.txt
	@touch $@

.venv/dev.stamp: requirements.txt requirements-dev.txt
	@$(PYTHON) bootstrap.py requirements-dev.txt
	@touch $@ .venv/run.stamp

clean:
	rm -rf .venv var node_modules static/vendor
