.PHONY: setup demo test lint docs bench screenshots

setup:
	@scripts/setup

demo: setup
	@scripts/demo

test: setup
	@scripts/test

lint: setup
	@scripts/lint

docs: setup
	@scripts/docs

bench: setup
	@scripts/bench

screenshots: setup
	@.venv/bin/python scripts/screenshots.py
