.PHONY: help run test setup lint format bench screenshots clean
.DEFAULT_GOAL := help

IVR := .venv/bin/ivr

help: ## say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .venv/installed ## set everything up and take calls; Ctrl-C stops it
	@$(IVR) setup && exec $(IVR) up

test: .venv/installed ## set everything up and run every check and test
	@$(IVR) setup --tests
	@$(MAKE) --no-print-directory lint
	.venv/bin/pytest -n 2 --dist loadgroup

setup: .venv/installed ## set everything up
	@$(IVR) setup

lint: .venv/installed ## style, types, import direction, phrases
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(IVR) prompts lint

format: .venv/installed ## put the code into shape
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: .venv/installed ## measure; writes build/bench.json
	@$(IVR) setup --tests
	.venv/bin/python -m bench

screenshots: .venv/installed ## take pictures of every page anew, into docs/screenshots
	@$(IVR) setup --tests
	.venv/bin/python -m tests.web.screenshots

clean: ## remove everything that was made; the database goes too
	rm -rf .venv build var prompts/generated

.venv/installed: pyproject.toml constraints.txt ivr/setup/venv.sh
	@sh ivr/setup/venv.sh .venv
	@touch $@
