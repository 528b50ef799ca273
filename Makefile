# Every command of the project. `make` alone lists them.

PORT ?= 8000
DATA_DIR ?= ./data
ARGS ?=
QUICK ?=
OUT ?=

bin := .venv/bin
set_up := pyproject.toml tools/python-packages tools/requirements-uv.txt

.DEFAULT_GOAL := help
.PHONY: help run test check format soak bench lock screenshots fonts system-packages clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.run .venv/.fonts ## Set up, then start the demo (PORT=8000 DATA_DIR=./data)
	@echo "Starting the demo on port $(PORT), with its data in $(DATA_DIR) …"
	@exec $(bin)/safety-in-action demo --port "$(PORT)" --data-dir "$(DATA_DIR)"

test: system-packages check .venv/.fonts ## Set up, check, then run every test (ARGS="-k join")
	@echo "Running the tests …"
	@$(bin)/pytest -n 4 --dist loadfile --no-loadscope-reorder --durations=10 $(ARGS)

check: .venv/.dev ## Check style, types, the shipped lessons and the layers
	@echo "Checking style …"
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@echo "Checking types …"
	@$(bin)/mypy --num-workers 2
	@echo "Checking the lessons and quizzes …"
	@$(bin)/safety-in-action check-content
	@echo "Checking that imports point down …"
	@$(bin)/pytest -q tests/test_architecture.py

format: .venv/.dev ## Lay out the code as `make check` wants it
	@$(bin)/ruff check --fix
	@$(bin)/ruff format

soak: system-packages .venv/.dev .venv/.fonts ## Run the tests that take many minutes
	@echo "Running the soak tests …"
	@SOAK=1 $(bin)/pytest -m soak --timeout=3600 $(ARGS)

bench: .venv/.dev ## Measure the server against bare ones (QUICK=1 in about a minute, OUT=file.json)
	@tools/system-packages postgresql
	@QUICK="$(QUICK)" OUT="$(OUT)" $(bin)/python -m tests.bench

screenshots: .venv/.dev .venv/.fonts ## Draw the pages as pictures, in a real browser
	@tools/system-packages chromium
	@$(bin)/python -m tests.screenshots --readme

lock: .venv/.run ## Write the lock files anew from pyproject.toml and package.json (ARGS=--upgrade)
	@tools/lock $(ARGS)

fonts: ## Fetch the reading font again
	@rm -f .venv/.fonts
	@$(MAKE) --no-print-directory .venv/.fonts

clean: ## Remove everything that set-up and tests made; data stays
	rm -rf .venv node_modules static/fonts build *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up: a stamp is made anew only when a file that it depends on has changed.

.venv/.run: requirements.txt $(set_up)
	@tools/python-packages requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt $(set_up)
	@tools/python-packages requirements-dev.txt
	@touch .venv/.run $@

.venv/.fonts: package.json package-lock.json .npmrc tools/fonts tools/requirements-node.txt | .venv/.run
	@tools/fonts
	@touch $@

system-packages:
	@tools/system-packages chromium postgresql redis
