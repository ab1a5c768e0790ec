# make run    the platform on http://127.0.0.1:8000 with a demo course; Ctrl-C stops it
# make demo   one course through its whole life, without hands; ends by itself
# make test   every test; the last line has the counts
# make check  format, lints, headers, types
# make bench  measurements; bench-proxy, bench-hub: only those, beside their peers
# make fuzz   every parser of the proxy for a minute; make soak: the proxy under load for half an hour
# make build  the program alone: build/release/carrel
# make clean  removes what was built (the notebook environment too), never data
#
# Everything that is missing is installed first (scripts/setup). The work is done by the scripts.

.PHONY: help run demo test check bench bench-proxy bench-hub fuzz soak build setup clean

help:
	@sed -n '1,8s/^# //p' Makefile

setup:
	@scripts/setup build run

build:
	@scripts/setup build
	@scripts/build-web
	@scripts/build

run: build
	@scripts/setup run
	@scripts/notebook-environment
	@exec scripts/run

demo: build
	@scripts/setup run
	@scripts/notebook-environment
	@exec build/release/carrel demo --config build/notebook/environment.toml

test:
	@scripts/setup build run test
	@scripts/notebook-environment
	@exec scripts/test

check:
	@scripts/setup build check
	@exec scripts/check

bench: build
	@scripts/setup run bench
	@scripts/notebook-environment
	@exec bench/run

bench-proxy: build
	@scripts/setup run bench
	@exec bench/run proxy

# Without PyPI only Debian's JupyterHub is beside it.
bench-hub: build
	@scripts/setup run bench
	@RUNLEVEL=1 scripts/setup jupyterhub
	@scripts/jupyterhub-environment || echo "carrel: JupyterHub of PyPI cannot be had; it is not measured" >&2
	@exec bench/run hub

clean:
	rm -rf build web/dist

fuzz:
	@scripts/setup build
	@exec scripts/fuzz

soak: build
	@scripts/setup run test
	@exec scripts/soak
