# The commands of Tidings: make run, make test, make check, make bench, make faults, make lock.
# They need git, make, Python 3.11 or later and pip; everything else goes into .venv.
# TIDINGS_TEST_THOROUGH=1 make test: the machines of random steps run ten times as long.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check bench faults gallery lock

run: $(VENV)/.base
	@exec $(BIN)/python manage.py up --parent $$PPID

# the suite starts hundreds of processes: none should compile the same modules again, whatever the environment says
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev
	@echo "== the suite on SQLite and Valkey"
	@TIDINGS_TEST_DATABASE=sqlite $(BIN)/python -m pytest -q -n 2 --dist worksteal
	@echo "== the suite on Postgres and Valkey"
	@TIDINGS_TEST_DATABASE=postgres $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not once"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

bench: $(VENV)/.dev
	@$(BIN)/python -m bench

faults: $(VENV)/.dev
	@$(BIN)/python -m bench.faults $(FAULTS)

# the pictures of docs/gallery.md; GALLERY="inbox dark" draws one of them anew
gallery: $(VENV)/.dev
	@$(BIN)/python -m notifications.tests.browser.pages.gallery $(GALLERY)

lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11.0 --generate-hashes requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11.0 --generate-hashes requirements-dev.in -o requirements-dev.txt

# --- .venv ---------------------------------------------------------------------------------------------------------
# Debian's python3 has no ensurepip and refuses to install outside a venv: hence a venv without pip, filled from outside.
# A python that is gone leaves a dangling link, which counts as missing: then the venv is made anew.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "tidings: Python 3.11 or later is needed, and $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv --clear --without-pip $(VENV)

$(VENV)/.base: requirements.txt | $(BIN)/python
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(BIN)/python
	@$(call install,requirements-dev.txt)
	@touch $(VENV)/.base $@

define install
echo "tidings: installing $(1) into $(VENV)" >&2; \
if $(PYTHON) -m pip --python $(BIN)/python --version >/dev/null 2>&1; then pip="$(PYTHON) -m pip --python $(BIN)/python"; \
elif $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null 2>&1; then pip="$(BIN)/python -m pip"; \
else echo "tidings: pip is needed and $(PYTHON) has none; on Debian: apt install python3-pip" >&2; exit 1; fi; \
$$pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $(1)
endef
