# Two commands do everything on a fresh machine: `make demo` and `make test`.
VASCOOL := .venv/bin/vascool
PYTHON := .venv/bin/python
export OMP_NUM_THREADS := 1
DEMO := runs/lyrarc_rack

.PHONY: setup demo test test-fast bench brainpy lint clean

setup:            ## system packages and .venv; does nothing twice
	@.ci/setup

demo: setup       ## the main job: spikes to temperatures, loop and PUE, then the report
	$(VASCOOL) run examples/lyrarc_rack.toml -o $(DEMO) --force
	$(VASCOOL) report $(DEMO)

test:             ## every test, the slow ones too
	@.ci/setup test
	$(PYTHON) -m pytest $(ARGS)

test-fast: setup
	$(PYTHON) -m pytest -m "not slow" $(ARGS)

bench: setup
	$(PYTHON) -m benchmarks $(ARGS)

brainpy:          ## an environment of its own for the BrainPy emulator
	python3 -m venv .venv-brainpy
	.venv-brainpy/bin/pip install --quiet "brainpy[cpu]==2.8.2"

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

clean:
	rm -rf runs .pytest_cache .mypy_cache .ruff_cache
