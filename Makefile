# Everything for a machine without ROS: see `make help`.

ROS_DISTRO ?= jazzy
VENV := $(if $(filter jazzy,$(ROS_DISTRO)),.venv,.venv-$(ROS_DISTRO))
BUILD := build/$(ROS_DISTRO)
DATA ?= ../shared/data
EXTRAS ?= learning imagenet cluster j1939
WORKERS ?= 2

DISTRIBUTIONS := $(patsubst requirements/ros-%.txt,%,$(wildcard requirements/ros-*.txt))
ifeq ($(filter $(DISTRIBUTIONS),$(ROS_DISTRO)),)
  $(error ROS_DISTRO=$(ROS_DISTRO): expected one of $(DISTRIBUTIONS))
endif

# A sourced ROS installation must not mix with the wheels, nor another environment's Python.
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH PYTHONHOME \
  PYTHONPATH _ROS_WHEELS_BOOTSTRAP_COMPLETE
export ROS_DISTRO

# Names of files go to the shell by its environment, as they were given: a blank, a quote or a dollar
# in one would be more than a letter of it.
override DATA := $(value DATA)
override SOURCE := $(value SOURCE)
override VIDEO := $(value VIDEO)
export DATA SOURCE VIDEO

# What is generated follows these. The other modules, launch and settings files run from the checkout.
INTERFACES := $(wildcard msg/*.msg srv/*.srv)
PACKAGING := CMakeLists.txt package.xml setup.py pyproject.toml scripts/run_node \
  $(wildcard cmake/* requirements/*)
# Its name changes with theirs and those of the nodes: no file is newer where one was deleted or renamed.
NAMES := $(shell echo $(INTERFACES) $(wildcard fatigue_ros/nodes/*.py) | cksum | tr ' ' -)
INSTALLED := $(VENV)/.installed-$(NAMES)
# An environment whose Python is gone (a system upgrade, a moved checkout) is made anew.
BROKEN := $(if $(shell grep -s '$(CURDIR)/$(VENV)/' $(VENV)/bin/pip && $(VENV)/bin/python -c ''),,FORCE)

.PHONY: help demo test faults mutants bench models docs lint build clean FORCE

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Variables: ROS_DISTRO=jazzy|kilted, PYTHON=python3.13 (used when the environment is made),'
	@echo 'EXTRAS="learning imagenet cluster j1939 vss ff_yolo mediapipe dlib" (ff_yolo: AGPL-3.0, dlib: its predictor is'
	@echo 'for research, hence not by default; mediapipe: Python 3.12 at most; models: to run networks only),'
	@echo 'WORKERS=2 (processes that share the tests; 0: none, one test after the other)'

demo: build ## Watch a scripted driver; SOURCE=video.mp4 or SOURCE=0 (camera) for a real one
	@$(VENV)/bin/fatigue watch $${SOURCE:+"$$SOURCE"}

test: build ## Run all tests, or TESTS="test/measures -k blink"
	@scripts/install_packages $$(cat test/*/apt-packages.txt)
	@scripts/install_extras $(VENV) $(EXTRAS)
	@$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

faults: build ## Try the whole catalogue of faults, a row each: FAULTS="-k words" for some
	@scripts/install_packages $$(cat test/*/apt-packages.txt)
	@$(VENV)/bin/python test/faults/campaign.py $(FAULTS)

mutants: build ## Put small faults into the code and see whether tests notice: MUTANTS="-n 200 --seed 1 files"
	@$(VENV)/bin/python test/mutants/mutants.py $(MUTANTS)

bench: build ## Measure cost and latency on a scripted driver, or VIDEO=video.mp4
	@$(VENV)/bin/fatigue bench $${VIDEO:+"$$VIDEO"}

models: build ## Train again the networks that docs/models.md reports: DATA=folder
	@scripts/install_extras $(VENV) $(EXTRAS)
	@scripts/train_models $(VENV)/bin "$$DATA" build/models

docs: build ## These pages as a site in build/docs; a warning is an error
	@scripts/install_extras $(VENV) docs
	@$(VENV)/bin/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo 'build/docs/index.html'

lint: build ## Check style, types and layers
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy fatigue_ros test
	$(VENV)/bin/lint-imports --no-cache --config test/layers.toml

build: $(INSTALLED) ## Make the environment and install the package into it

clean: ## Remove what the other targets made for this distribution
	rm -rf $(VENV) $(BUILD)

$(INSTALLED): $(INTERFACES) $(PACKAGING) $(BROKEN)
	@[ -f $@ ] || rm -rf $(BUILD) # it still holds what was generated for another name
	@scripts/make_environment $(VENV) $(ROS_DISTRO) $(BUILD) $(PYTHON)
	@rm -f $(VENV)/.installed-*
	@touch $@
