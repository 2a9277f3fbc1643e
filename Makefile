# SPDX-License-Identifier: BSD-3-Clause
#
# make            build everything into build/
# make help       what else there is
#
# CC and CFLAGS are the simulator's compiler; SBESIM_CC is the hosted images' (default gcc). BUILD moves the output, SAN
# adds sanitizers: make BUILD=build-asan SAN=address,undefined.

BUILD ?= build
CC = gcc
CFLAGS ?= -O2
SAN ?=
SBESIM_CC ?= gcc
IMAGE_CFLAGS ?= -O2 -Wall -Wextra
PYTHON = /usr/bin/python3
export SBESIM_CC

# V=1 shows the commands.
Q = $(if $(V),,@)
say = @$(if $(V),:,echo) "  $(1)	$@"

WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Werror
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -g -fPIC -fvisibility=hidden $(WARNINGS) -I. -Iinclude $(CFLAGS) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))
LIBS = -lfdt -lcjson -ldw -lelf -lm

ROOMS = traces sim models models/litmus conformance
LIB_SOURCES = $(filter-out sim/main.c,$(foreach room,$(ROOMS),$(wildcard $(room)/*.c)))
LIB_OBJECTS = $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o)
HOSTED_SOURCES = $(wildcard sbe/*.c host-shim/*.c remote-shim/*.c remote-shim/libc/*.c)
HOSTED_OBJECTS = $(HOSTED_SOURCES:%.c=$(BUILD)/hosted/%.o)
PLATFORMS = $(patsubst models/platforms/%.dts,$(BUILD)/platforms/%.dtb,$(wildcard models/platforms/*.dts))
DEFECTS = $(patsubst conformance/defects/%.patch,%,$(wildcard conformance/defects/*.patch))
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/examples/%.so,$(wildcard examples/*.c))
OWN_IMAGES = $(BUILD)/host-reference.so $(BUILD)/remote-reference.so $(EXAMPLES)
PAIR_IMAGES = $(foreach job,echo nocopy rpc,$(BUILD)/pairs/own-$(job)-host.so $(BUILD)/pairs/own-$(job)-remote.so)
SHIM_LIBS = $(BUILD)/libsbesim-libmetal.a $(BUILD)/libsbesim-metal.a
TESTS = $(patsubst %.c,$(BUILD)/tests/%,$(foreach room,$(ROOMS) sbe remote-shim,$(wildcard $(room)/tests/test_*.c)))
SBESIM_CC_CMD = $(BUILD)/sbesim-cc

.SECONDARY:

.PHONY: all simulator
all: simulator $(OWN_IMAGES) $(PAIR_IMAGES) $(SHIM_LIBS) defects
simulator: $(BUILD)/sbesim $(PLATFORMS)

.PHONY: help
help:
	@echo 'make            build everything into $(BUILD)/'
	@echo 'make run        the main job: the reference pair, then every defect'
	@echo 'make test       every test (what CI runs; ci/setup installs what is missing)'
	@echo 'make test-long  longer campaigns: 10,000 seeds, more random programs'
	@echo 'make pairs      the table of pairs of stacks; IMAGES=DIR brings your own images'
	@echo 'make litmus     the models held against the eager machine of conformance/litmus/, test by test'
	@echo 'make linux      Linux host images, from the sources in the package linux-source'
	@echo 'make unit       the C tests alone (CUnit)'
	@echo 'make escape     proof that hosted loads and stores are seen'
	@echo 'make scenarios  the pytest scenarios alone'
	@echo 'make fuzz       each fuzz target for FUZZ_SECONDS (30) seconds'
	@echo 'make bench      what hosting, round trips and exploration cost'
	@echo 'make fidelity   the model'"'"'s time against latencies measured on boards'
	@echo 'make docs       the generated pages: docs/events.md, docs/clauses.md'
	@echo 'make clean      remove what was built'
	@echo
	@echo 'CC=clang, SAN=address,undefined, BUILD=dir, SBESIM_CC=clang, V=1 as in the head of the Makefile'

# ---- The simulator -------------------------------------------------------------------------------
# What runs on hosted stacks is compiled alike in every build, so that what it leaves there is the same.
$(patsubst %,$(BUILD)/obj/sim/%.o,coro hook enter libc seam): ALL_CFLAGS += -O2 \
	$(if $(SAN),-fno-sanitize=all -fomit-frame-pointer) $(if $(findstring address,$(SAN)),-DCORO_ASAN)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# Bound at once: the dynamic linker must not come to work on a hosted stack.
$(BUILD)/libsbesim.so: $(LIB_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) -shared $(ALL_LDFLAGS) -Wl,-soname,libsbesim.so -Wl,-z,now $^ $(LIBS) -o $@

$(BUILD)/sbesim: $(BUILD)/obj/sim/main.o $(BUILD)/libsbesim.so
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $< -L$(BUILD) -lsbesim -lcjson -Wl,-rpath,'$$ORIGIN' -o $@

# For tests of the parts, which see what the library hides.
$(BUILD)/libparts.a: $(LIB_OBJECTS)
	$(call say,AR)
	@rm -f $@
	$(Q)ar rcsD $@ $^

$(BUILD)/platforms/%.dtb: models/platforms/%.dts $(wildcard models/platforms/*.dts*)
	@mkdir -p $(@D)
	$(call say,DTC)
	$(Q)dtc -q -I dts -O dtb -o $@ $<

# ---- Hosted images ----------------------------------------------------------------------------------
# The driver, and what stands in for the assembler under it, to warn of what will not be seen.
$(SBESIM_CC_CMD): sim/sbesim-cc $(BUILD)/sbesim-as/as include/sbesim/builtins.h
	@mkdir -p $(@D)
	$(Q)cp $< $@

IMAGE_STD = c11
$(BUILD)/hosted/remote-shim/libc/%.o: IMAGE_STD = gnu11
# What leaks when it ends is no matter: no sanitizers.
$(BUILD)/sbesim-as/as: $(wildcard sim/cc/*.[ch])
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -g -O2 $(WARNINGS) -I. $(filter %.c,$^) -ldw -lelf -o $@

$(BUILD)/hosted/%.o: %.c $(SBESIM_CC_CMD)
	@mkdir -p $(@D)
	$(call say,HOSTED)
	$(Q)$(SBESIM_CC_CMD) -std=$(IMAGE_STD) $(IMAGE_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libsbe.a: $(HOSTED_OBJECTS)
	$(call say,AR)
	@rm -f $@
	$(Q)ar rcsD $@ $^

$(BUILD)/host-reference.so: $(BUILD)/hosted/conformance/reference/host.o $(BUILD)/hosted/conformance/reference/sha256.o
$(BUILD)/remote-reference.so: $(BUILD)/hosted/conformance/reference/remote.o $(BUILD)/hosted/conformance/reference/sha256.o
$(BUILD)/%-reference.so: $(BUILD)/libsbe.a
	$(call say,IMAGE)
	$(Q)$(SBESIM_CC_CMD) $(filter %.o,$^) -o $@

$(BUILD)/examples/%.so: $(BUILD)/hosted/examples/%.o $(BUILD)/libsbe.a
	@mkdir -p $(@D)
	$(call say,IMAGE)
	$(Q)$(SBESIM_CC_CMD) $(filter %.o,$^) -o $@

# Shims of other stacks, for the builds of those who have them; see docs/guide-open-amp.md.
$(BUILD)/hosted/remote-shim/metal/%.o: IMAGE_CFLAGS += -Iremote-shim/metal
$(BUILD)/libsbesim-libmetal.a: $(BUILD)/hosted/remote-shim/libmetal/port.o
$(BUILD)/libsbesim-metal.a: $(patsubst %.c,$(BUILD)/hosted/%.o,$(wildcard remote-shim/metal/*.c) remote-shim/libmetal/port.c)
$(BUILD)/libsbesim-libmetal.a $(BUILD)/libsbesim-metal.a:
	$(call say,AR)
	@rm -f $@
	$(Q)ar rcsD $@ $^

# The pairs' programs, once per job, on the stacks that are here; foreign ones come by IMAGES=DIR.
PAIR_JOBS = ECHO NOCOPY RPC
PAIR_TRAFFIC = examples/pairs/traffic.c examples/pairs/traffic.h
define pair_rules
$(BUILD)/pairs/own-$(call lower,$(1))-%.so: examples/pairs/sbe_%.c $(PAIR_TRAFFIC) $(BUILD)/libsbe.a
	@mkdir -p $$(@D)
	$$(call say,PAIR)
	$$(Q)$$(SBESIM_CC_CMD) -std=c11 $$(IMAGE_CFLAGS) -DJOB_$(1)=1 $$(filter %.c,$$^) -o $$@
endef
lower = $(subst ECHO,echo,$(subst NOCOPY,nocopy,$(subst RPC,rpc,$(1))))
$(foreach job,$(PAIR_JOBS),$(eval $(call pair_rules,$(job))))

# Linux' rpmsg host side, from Debian's package linux-source; nothing else needs it.
LINUX = $(BUILD)/linux
LINUX_HERE = $(wildcard /usr/src/linux-source-*.tar.xz)
LINUX_IMAGES = $(foreach job,echo rpc,$(BUILD)/pairs/linux-kernel-$(job)-host.so $(BUILD)/pairs/linux-user-$(job)-host.so)
.PHONY: linux force
linux: $(LINUX_IMAGES)
# It looks by itself whether there is anything to do.
$(LINUX)/linux.o $(LINUX)/rpmsg_char.o &: force $(SBESIM_CC_CMD)
	$(call say,LINUX)
	$(Q)host-shim/linux/build $(LINUX) $(SBESIM_CC_CMD) >$(LINUX).sums
define linux_rules
$(BUILD)/pairs/linux-kernel-$(call lower,$(1))-host.so: examples/pairs/linux_kernel_host.c $(PAIR_TRAFFIC) $(LINUX)/linux.o \
		$(BUILD)/libsbe.a
	@mkdir -p $$(@D)
	$$(call say,PAIR)
	$$(Q)$$(SBESIM_CC_CMD) @$(LINUX)/kernel.flags -Wall -Wextra -DKBUILD_MODNAME='"traffic"' -DJOB_$(1)=1 -c $$< -o $$(@:.so=.o)
	$$(Q)$$(SBESIM_CC_CMD) -std=c11 $$(IMAGE_CFLAGS) $$(@:.so=.o) examples/pairs/traffic.c $(LINUX)/linux.o -o $$@
$(BUILD)/pairs/linux-user-$(call lower,$(1))-host.so: examples/pairs/linux_user_host.c $(PAIR_TRAFFIC) $(LINUX)/rpmsg_char.o \
		$(LINUX)/linux.o $(BUILD)/libsbe.a
	@mkdir -p $$(@D)
	$$(call say,PAIR)
	$$(Q)$$(SBESIM_CC_CMD) -std=gnu11 $$(IMAGE_CFLAGS) -DJOB_$(1)=1 $$(filter %.c %.o,$$^) -o $$@
endef
$(foreach job,ECHO RPC,$(eval $(call linux_rules,$(job))))

# A defect is a patch to the sources of one side's reference image, in a copy of its own.
.PHONY: defects
defects: $(DEFECTS:%=$(BUILD)/defects/%/.built)

$(BUILD)/defects/%/.built: conformance/defects/%.patch conformance/build-defect $(BUILD)/libsbe.a \
		$(patsubst %.c,$(BUILD)/hosted/%.o,$(wildcard conformance/reference/*.c))
	$(call say,DEFECT)
	$(Q)conformance/build-defect $(BUILD) $<

# ---- The main job --------------------------------------------------------------------------------------
.PHONY: run
run: all
	conformance/main-job $(BUILD)

# The table of pairs; IMAGES=DIR brings images of other stacks, PAIRS_FLAGS more options (conformance/pairs --help).
.PHONY: pairs
pairs: all $(if $(LINUX_HERE),linux)
	$(if $(LINUX_HERE),@cat $(LINUX).sums)
	conformance/pairs $(BUILD) $(if $(IMAGES),--images $(IMAGES)) $(PAIRS_FLAGS) \
		$(if $(LINUX_HERE),,--skipped 'linux-*: the package linux-source is not installed')

# The outcomes of every litmus test, on the models and on the machine that spin explores.
.PHONY: litmus
litmus: simulator
	conformance/litmus/compare $(BUILD)

# ---- Tests -------------------------------------------------------------------------------------------
$(BUILD)/obj/sbe/%.o: sbe/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/%: $(BUILD)/obj/%.o $(BUILD)/libparts.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $(filter %.o,$^) $(BUILD)/libparts.a $(LIBS) -lcunit \
		$(shell pkg-config --libs babeltrace2) -o $@

$(BUILD)/tests/traces/tests/test_traces $(BUILD)/tests/traces/tests/test_babeltrace: $(BUILD)/obj/traces/tests/sample.o
# The rpmsg-lite shim on stand-ins for that stack's headers.
RPMSG_LITE_TEST = $(BUILD)/tests/remote-shim/rpmsg-lite/tests/test_rpmsg_lite
RPMSG_LITE_OBJECTS = $(patsubst %,$(BUILD)/obj/remote-shim/rpmsg-lite/%.o,rpmsg_platform rtos/rpmsg_env tests/test_rpmsg_lite)
TESTS += $(RPMSG_LITE_TEST)
$(RPMSG_LITE_OBJECTS): ALL_CFLAGS += -Iremote-shim/rpmsg-lite -Iremote-shim/rpmsg-lite/rtos \
	-Iremote-shim/rpmsg-lite/tests/stack
$(RPMSG_LITE_TEST): $(RPMSG_LITE_OBJECTS)
$(BUILD)/tests/remote-shim/tests/test_libc_supplement: $(BUILD)/obj/remote-shim/libc/prefixed.o
$(BUILD)/tests/sbe/tests/test_sbe $(BUILD)/tests/sbe/tests/test_resources: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sbe/*.c))

# The hosted C library's supplement as a test can have it beside the machine's own: every name prefixed.
$(BUILD)/obj/remote-shim/libc/%.o: ALL_CFLAGS += -std=gnu11 -U_GNU_SOURCE -fno-builtin
$(BUILD)/obj/remote-shim/libc/prefixed.o: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard remote-shim/libc/*.c))
	$(Q)ld -r $^ -o $@.all
	$(Q)nm -g --format=posix $@.all | sed 's/ .*//' | sort -u | grep -v '^__asan\|^__ubsan\|^__odr\|^_GLOBAL' | \
		sed 's/.*/& hosted_&/' >$@.names
	$(Q)objcopy --redefine-syms=$@.names $@.all $@

-include $(shell find $(BUILD)/obj $(BUILD)/hosted -name '*.d' 2>/dev/null)

# The simulator again: by clang, and with sanitizers. Their traces must be the same, and the verdicts on clang's images.
OTHER_BUILDS = build-clang build-asan
.PHONY: build-clang build-asan
build-clang:
	$(Q)$(MAKE) --no-print-directory BUILD=$@ CC=clang SBESIM_CC=clang all
build-asan:
	$(Q)$(MAKE) --no-print-directory BUILD=$@ SAN=address,undefined CFLAGS=-O1 simulator unit-programs

# Proof that hosted loads and stores are seen: by each compiler, at each level that images are built at.
ESCAPE_COMPILERS = $(sort gcc clang $(SBESIM_CC))
ESCAPE_LEVELS = -O0 -O1 -Og -O2 -O3 -Os -O2+mavx2 -O3+mavx2
ESCAPE_IDIOMS = $(foreach compiler,$(ESCAPE_COMPILERS),$(ESCAPE_LEVELS:%=$(BUILD)/idioms/$(compiler)%.so))
.PHONY: escape
escape: $(BUILD)/escape $(ESCAPE_IDIOMS)
	$(BUILD)/escape sim/tests/escape/expected.txt $(ESCAPE_IDIOMS)
	for compiler in $(ESCAPE_COMPILERS); do SBESIM_CC=$$compiler sh sim/tests/escape/mutants.sh $(BUILD) $(CC) || exit 1; done

$(BUILD)/escape: $(patsubst %,$(BUILD)/obj/sim/%.o,tests/escape/escape hook libc seam image)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ -o $@

# COMPILER-LEVEL.so; a "+" in the level stands for another option.
$(BUILD)/idioms/%.so: sim/tests/escape/idioms.c sim/tests/escape/idioms.def sim/tests/escape/idioms.h $(SBESIM_CC_CMD) \
		$(BUILD)/libsbe.a
	@mkdir -p $(@D)
	$(call say,IDIOMS)
	$(Q)SBESIM_CC=$(patsubst %-$(lastword $(subst -, ,$*)),%,$*) $(SBESIM_CC_CMD) -std=c11 \
		-$(subst +, -,$(lastword $(subst -, ,$*))) -w '-DESCAPE_LEVEL="-$(lastword $(subst -, ,$*))"' $< -o $@

# The portable switch, which no other test here would take.
TESTS += $(BUILD)/tests/sim/tests/test_coro_ucontext
$(BUILD)/tests/sim/tests/test_coro_ucontext: sim/coro.c sim/coro.h sim/tests/test_coro.c
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(if $(findstring address,$(SAN)),-DCORO_ASAN) -DCORO_UCONTEXT $(ALL_LDFLAGS) \
		$(filter %.c,$^) -lcunit -lm -o $@

.PHONY: unit-programs unit unit-asan unit-valgrind line scenarios rules
unit-programs: $(TESTS)
unit: unit-programs all
	SBESIM_BUILD="$(BUILD)" ci/run-unit $(TESTS)
unit-asan: build-asan all
	SBESIM_BUILD="$(BUILD)" ci/run-unit $(TESTS:$(BUILD)/%=build-asan/%)
# Memcheck: the C tests, the command line, and the binding in Python's process.
unit-valgrind: unit-programs all
	SBESIM_BUILD="$(BUILD)" ci/run-unit --valgrind $(TESTS) -- $(BUILD)/sbesim conform --surprises 0
	SBESIM_BUILD="$(BUILD)" PYTHONMALLOC=malloc valgrind -q --error-exitcode=99 $(PYTHON) -m pytest -q conformance/tests/test_binding.py

line: $(BUILD)/line_fuzz
	$(BUILD)/line_fuzz
	sh models/tests/line_mutants.sh $(CC)
$(BUILD)/line_fuzz: $(BUILD)/obj/models/tests/line_fuzz.o $(BUILD)/obj/models/line.o
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ -o $@

scenarios: all $(OTHER_BUILDS) $(if $(LINUX_HERE),linux)
	SBESIM_BUILD="$(BUILD)" SBESIM_OTHER_BUILDS="$(OTHER_BUILDS)" $(PYTHON) -m pytest -q $(PYTEST_FLAGS) conformance/tests

rules: $(BUILD)/docs/events.md $(BUILD)/docs/clauses.md
	cmp $(BUILD)/docs/events.md docs/events.md
	cmp $(BUILD)/docs/clauses.md docs/clauses.md
	ci/include-rules

# Pages that are made from data; `rules` finds one that is behind.
$(BUILD)/events_doc: $(BUILD)/obj/traces/tools/events_doc.o $(BUILD)/obj/traces/schema.o
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ -o $@
$(BUILD)/docs/%.md: $(BUILD)/events_doc simulator
	@mkdir -p $(@D)
	$(Q)$(if $(filter events,$*),$(BUILD)/events_doc,$(BUILD)/sbesim clauses --json | ci/clauses-doc) >$@
.PHONY: docs
docs: $(BUILD)/docs/events.md $(BUILD)/docs/clauses.md
	cp $^ docs/

# One platform of each sort; test-long takes them all.
TEST_PLATFORMS = zynqmp hostile zynqmp-r5-dcache zynqmp-r5-ncache stm32mp15
.PHONY: test test-long
test: PAIRS_FLAGS += $(TEST_PLATFORMS:%=--platform %)
test: all rules unit unit-asan unit-valgrind line litmus fidelity escape scenarios pairs
	conformance/main-job $(BUILD) >$(BUILD)/main-job.txt || { cat $(BUILD)/main-job.txt; exit 1; }
	@tail -n 1 $(BUILD)/main-job.txt
	conformance/main-job $(BUILD) --platform hostile >$(BUILD)/main-job.txt || { cat $(BUILD)/main-job.txt; exit 1; }
	@tail -n 1 $(BUILD)/main-job.txt
test-long: test fuzz
	conformance/litmus/random $(BUILD)/litmus-random 400
	conformance/litmus/compare $(BUILD) $(BUILD)/litmus-random/*.litmus
	conformance/pairs $(BUILD)
	$(BUILD)/line_fuzz 100000 2
	SBESIM_BUILD="$(BUILD)" SBESIM_OTHER_BUILDS="$(OTHER_BUILDS)" $(PYTHON) -m pytest -q -m long conformance/tests
	$(BUILD)/sbesim explore --surprises 2
	$(BUILD)/sbesim explore --surprises 2 --platform hostile

# What reads foreign bytes, fed with them by libFuzzer.
FUZZ_SECONDS ?= 30
FUZZ_TARGETS = $(foreach room,$(ROOMS) sbe,$(wildcard $(room)/tests/fuzz_*.c))
.PHONY: fuzz fuzz-programs
fuzz-programs: $(FUZZ_TARGETS:%.c=$(BUILD)/fuzz/%)
$(BUILD)/fuzz/%: $(BUILD)/obj/%.o $(BUILD)/libparts.a $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sbe/*.c))
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer $(filter %.o,$^) $(BUILD)/libparts.a $(LIBS) -o $@
fuzz: all
	$(Q)$(MAKE) --no-print-directory BUILD=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined fuzz-programs
	SBESIM_BUILD="$(BUILD)"; export SBESIM_BUILD; for target in $(FUZZ_TARGETS:%.c=build-fuzz/fuzz/%); do \
		echo $$target; $$target -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=0 || exit 1; done

# What things cost; never part of a test.
.PHONY: bench
bench: all
	bench/run $(BUILD)

# The model's time against boards; a row of the claim that is off by more than the limit fails.
.PHONY: fidelity
fidelity: simulator $(SBESIM_CC_CMD) $(BUILD)/libsbe.a
	bench/fidelity $(FIDELITY_FLAGS) $(BUILD)

.PHONY: clean
clean:
	rm -rf $(BUILD) $(OTHER_BUILDS) build-fuzz
