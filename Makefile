# Everything for a machine without ROS: see `make help`.

ROS_DISTRO ?= jazzy
VENV := $(if $(filter jazzy,$(ROS_DISTRO)),.venv,.venv-$(ROS_DISTRO))
BUILD := build/$(ROS_DISTRO)
PYTHON ?=
SOURCE ?=
VIDEO ?=
DATA ?= ../shared/data
TESTS ?=
EXTRAS ?= learning cluster

ifeq ($(filter jazzy kilted,$(ROS_DISTRO)),)
  $(error ROS_DISTRO=$(ROS_DISTRO): expected jazzy or kilted)
endif

# A sourced ROS installation must not mix with the wheels, nor another environment's Python.
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH PYTHONHOME \
  PYTHONPATH _ROS_WHEELS_BOOTSTRAP_COMPLETE
export ROS_DISTRO

INTERFACES := $(wildcard msg/*.msg srv/*.srv) $(wildcard cmake/*) CMakeLists.txt package.xml \
  setup.py pyproject.toml fatigue_ros/__init__.py
SOURCES := $(shell find fatigue_ros launch config scripts -type f -not -name '*.pyc' 2>/dev/null)
# An environment whose Python is gone (a system upgrade, a moved checkout) is made anew.
BROKEN := $(if $(shell $(VENV)/bin/python -c '' 2>/dev/null && echo works),,FORCE)

.PHONY: help demo test bench models lint build clean FORCE
.DELETE_ON_ERROR:

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Variables: ROS_DISTRO=jazzy|kilted, PYTHON=python3.12 (used when the environment is made),'
	@echo 'EXTRAS="learning cluster ff_yolo" (ff_yolo is AGPL-3.0, hence not by default)'

demo: build ## Watch a scripted driver; SOURCE=video.mp4 or SOURCE=0 (camera) for a real one
	@$(VENV)/bin/fatigue watch $(SOURCE)

test: build ## Run all tests, or TESTS="test/measures -k blink"
	@scripts/install_test_tools $(wildcard test/*/apt-packages.txt)
	@scripts/install_extras $(VENV) $(EXTRAS)
	@$(VENV)/bin/python -m pytest $(TESTS)

bench: build ## Measure cost and latency on a scripted driver, or VIDEO=video.mp4
	@$(VENV)/bin/fatigue bench $(VIDEO)

models: build ## Train again the networks that docs/models.md reports: DATA=folder
	@scripts/install_extras $(VENV) $(EXTRAS)
	@scripts/train_models $(VENV)/bin $(DATA) build/models

lint: $(VENV)/.requirements ## Check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy fatigue_ros test

build: $(VENV)/.sources ## Make the environment and install the package into it

clean: ## Remove what the other targets made for this distribution
	rm -rf $(VENV) $(BUILD)

# Python, launch and settings files: only changed ones are copied.
$(VENV)/.sources: $(SOURCES) $(VENV)/.package
	@$(VENV)/bin/cmake --install $(BUILD) --component sources >/dev/null
	@touch $@

# Generated interfaces, executables and metadata.
$(VENV)/.package: $(INTERFACES) $(VENV)/.requirements
	@scripts/install_package $(VENV) $(BUILD)
	@touch $@

$(VENV)/.requirements: $(wildcard requirements/*.txt) $(BROKEN)
	@scripts/make_environment $(VENV) $(ROS_DISTRO) $(PYTHON)
	@touch $@
