/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bench: where the parts are put together (the one file that may include anything). See sbesim/sbesim.h.
 *
 * A run is made with the checker alone listening. Only one that is to be told of (a violation, a trace) is made again,
 * with the same choices, with source lines collected and the recorder listening too: it is the same run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <cjson/cJSON.h>

#include <sbesim/sbesim.h>

#include "conformance/checker.h"
#include "conformance/report.h"
#include "models/litmus/litmus.h"
#include "models/machine.h"
#include "sim/catalogue.h"
#include "sim/explore.h"
#include "sim/source.h"
#include "sim/watchdog.h"
#include "traces/show.h"

#define BENCH_STACK_BYTES 65536
#define BENCH_GUARD_BYTES 1048576	/* below the stack: whoever runs over it faults */
#define BENCH_INPUT_MAX (64u << 20)
#define BENCH_ACCESSES_MAX UINT64_C(200000000)
#define BENCH_TIME_MAX_NS UINT64_C(60000000000)
#define BENCH_RUN_AHEAD_NS 1000
#define BENCH_SPINS_TO_PARK 200
#define BENCH_WATCHDOG_SECONDS 2
#define BENCH_CHOICES_MAX (CHOOSE_SURPRISES_MAX * 40)
#define BENCH_CONTENTION " --contention"
#define BENCH_REPLAY_MAX (CATALOGUE_PATH_MAX * 4 + BENCH_CHOICES_MAX)

struct sbesim {
	struct sbesim_config config;	/* with defaults filled in; strings are owned */
	char *paths[4];			/* platform, host, remote, input ... */
	char *names[4];			/* ... and what they are called in traces */
	struct platform platform;
	struct engine engine;
	struct machine machine;
	struct chooser chooser;
	struct checker *checker;
	struct sources *sources;
	struct report *report;
	uint8_t *input;
	FILE *console;
	char *console_text;
	size_t console_size;
	const char *console_line;	/* whose line is not ended; NULL: nobody's */
	bool open;			/* images are loaded: runs can be made */
	char choices[BENCH_CHOICES_MAX];	/* how the present run is made again: "--seed 7", "--plan ..." */

	/* The present campaign. */
	const struct sbesim_campaign *campaign;
	int profile;
	uint64_t runs;
	uint64_t capped;		/* histories that were cut short */
	bool complete, judged;
	int bound;			/* surprises at most; -1: by seeds */
	double seconds;			/* of processor time, that the runs took */
	bool recorded;
	int status;
	char *why;
	size_t why_size;
};

static struct sbesim *bench_open;

/* ---- Listeners ------------------------------------------------------------------------------------------ */

static void bench_tell_begin(void *ctx)
{
	struct sbesim *b = ctx;

	ENGINE_EMIT(&b->engine, run_begin, .platform = b->names[0], .input = b->names[3], .choices = b->choices);
	machine_tell(&b->machine, &b->engine);
	for (unsigned int i = 0; i < b->engine.agents; i++) {
		const struct image *im = b->engine.agent[i].program->image;

		ENGINE_EMIT(&b->engine, image, .agent = (uint8_t)i, .name = b->names[1 + b->engine.agent[i].program->boot->id],
			    .build_id = { (uint16_t)im->build_id_size, im->build_id });
	}
}

static void bench_tell_sources(void *ctx)
{
	struct sbesim *b = ctx;

	sources_tell(b->sources);
}

/* What ended a program other than its own answer 0, in a line of its own. */
static void bench_tell_death(struct sbesim *b, const struct trace_event *event)
{
	const char *end = b->console_line ? "\n" : "";

	if (event->id == EVENT_exit && event->exit.code)
		fprintf(b->console, "%s-- %s ended with %u\n", end, b->engine.agent[event->exit.agent].name, event->exit.code);
	else if (event->id == EVENT_assert)
		fprintf(b->console, "%s-- %s failed an assertion: %s\n", end, b->engine.agent[event->assert.agent].name,
			event->assert.text);
	else if (event->id == EVENT_fault && event->fault.agent < b->engine.agents) /* a device's ends none */
		fprintf(b->console, "%s-- %s faulted (sbesim conform says where)\n", end,
			b->engine.agent[event->fault.agent].name);
	else if (event->id == EVENT_hang)
		fprintf(b->console, "%s-- the run hangs: %s\n", end, trace_enum_name("hang", event->hang.why));
	else
		return;
	b->console_line = NULL;
}

/* A side's name begins each of its lines; a line ends where the other side comes between. */
static void bench_on_console(void *ctx, const struct trace_event *event)
{
	struct sbesim *b = ctx;

	bench_tell_death(b, event);
	if (event->id != EVENT_console)
		return;
	const char *name = b->engine.agent[event->console.agent].name;

	for (const char *text = event->console.text; *text; text++) {
		if (b->console_line != name)
			fprintf(b->console, "%s%s: ", b->console_line ? "\n" : "", name);
		fputc(*text, b->console);
		b->console_line = *text == '\n' ? NULL : name;
	}
}

static void bench_listen(struct sbesim *b, struct trace_listener listener)
{
	b->engine.listener[b->engine.listeners++] = listener;
}

/* ---- Opening -------------------------------------------------------------------------------------------- */

static bool bench_read_input(struct sbesim *b, char *why, size_t why_size)
{
	FILE *file = fopen(b->paths[3], "rb");
	struct stat st;

	if (!file || fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(why, why_size, "input %s: expected a file, cannot read it: %s", b->paths[3],
			 file ? "not a regular file" : strerror(errno));
		if (file)
			fclose(file);
		return false;
	}
	size_t size = (size_t)st.st_size;

	b->input = malloc(size + 1);
	bool read = b->input && size <= BENCH_INPUT_MAX && fread(b->input, 1, size, file) == size;

	fclose(file);
	if (!read)
		snprintf(why, why_size, "input %s: expected at most %u bytes, seen %zu", b->paths[3], BENCH_INPUT_MAX, size);
	b->engine.config.input = b->input;
	b->engine.config.input_size = size;
	return read;
}

/* At the end of private memory, from core 0 on downwards, each with a guard below. Where the last guard begins; NULL: no guards. */
static uint8_t *bench_lay_stacks(struct sbesim *b, const struct program *program, uint8_t *end)
{
	for (unsigned int id = 0; id < b->engine.agents; id++) {
		struct agent *agent = &b->engine.agent[id];

		if (agent->program != program)
			continue;
		agent->stack_size = BENCH_STACK_BYTES;
		agent->stack = end - agent->stack_size;
		end = agent->stack - BENCH_GUARD_BYTES;
		if (mprotect(end, BENCH_GUARD_BYTES, PROT_NONE) != 0)
			return NULL;
	}
	return end;
}

/* Private memory, from its start: the image, the heap, a guard, and at its end the stacks. */
static bool bench_load_image(struct sbesim *b, unsigned int id, const char *path, char *why, size_t why_size)
{
	const struct agent *agent = &b->engine.agent[id];
	struct program *program = agent->program;
	uint8_t *memory = memory_private(b->machine.memory, id), *end;
	size_t size = b->platform.cpu[id].private_size;

	if (size < (2 + program->cores) * (size_t)BENCH_GUARD_BYTES) {
		snprintf(why, why_size, "platform %s: %s has less than %u bytes of private memory", b->platform.name, agent->name,
			 (2 + program->cores) * BENCH_GUARD_BYTES);
		return false;
	}
	program->image = image_load(path, memory, size / 2, program->cores, why, why_size);
	if (!program->image)
		return false;
	program->heap = memory + program->image->size;
	end = bench_lay_stacks(b, program, memory + size);
	if (!end) {
		snprintf(why, why_size, "memory: no guard for the stack of %s: %s", agent->name, strerror(errno));
		return false;
	}
	if (end <= program->heap || !heap_init(&program->allocations, (size_t)(end - program->heap))) {
		snprintf(why, why_size, "memory: no room for the heap of %s", agent->name);
		return false;
	}
	memset(program->heap, CORO_FILL, program->allocations.size);
	return true;
}

static bool bench_build(struct sbesim *b, char *why, size_t why_size)
{
	b->engine.config = (struct engine_config){ .accesses_max = BENCH_ACCESSES_MAX, .time_max_ns = BENCH_TIME_MAX_NS,
						   .run_ahead_ns = BENCH_RUN_AHEAD_NS,
						   .spins_to_park = BENCH_SPINS_TO_PARK };
	b->engine.chooser = &b->chooser;
	if (!platform_read(&b->platform, b->paths[0], why, why_size) || !bench_read_input(b, why, why_size) ||
	    !machine_init(&b->machine, &b->engine, &b->platform, why, why_size) ||
	    !bench_load_image(b, 0, b->paths[1], why, why_size) || !bench_load_image(b, 1, b->paths[2], why, why_size))
		return false;
	b->sources = sources_new(&b->engine);
	b->checker = checker_new();
	b->engine.tell_begin = bench_tell_begin;
	b->engine.tell_ctx = b;
	b->console = open_memstream(&b->console_text, &b->console_size);
	return b->sources && b->checker && b->console;
}

struct sbesim *sbesim_open(const struct sbesim_config *config, char *why, size_t why_size)
{
	struct sbesim *b = bench_open ? NULL : calloc(1, sizeof(*b));

	snprintf(why, why_size, "sbesim_open: a bench is open in this process already, or memory is short");
	if (!b)
		return NULL;
	bench_open = b;
	if (catalogue_resolve(config, b->paths, why, why_size) && bench_build(b, why, why_size)) {
		for (unsigned int i = 0; i < 4; i++)
			b->names[i] = catalogue_trace_name(b->paths[i]);
		watchdog_install(BENCH_WATCHDOG_SECONDS);
		b->open = true;
		return b;
	}
	sbesim_close(b);
	return NULL;
}

void sbesim_close(struct sbesim *b)
{
	if (!b)
		return;
	if (b->open)
		watchdog_remove();
	for (unsigned int i = 0; i < b->engine.agents; i++) {
		struct program *program = &b->engine.program[i];

		coro_fini(&b->engine.agent[i].coro);
		heap_fini(&program->allocations);
		if (program->image)
			image_unload(program->image);
	}
	machine_fini(&b->machine);
	chooser_fini(&b->chooser);
	if (b->sources)
		sources_free(b->sources);
	if (b->checker)
		checker_free(b->checker);
	if (b->report)
		report_free(b->report);
	if (b->console)
		fclose(b->console);
	free(b->console_text);
	free(b->input);
	for (unsigned int i = 0; i < 4; i++) {
		free(b->paths[i]);
		free(b->names[i]);
	}
	if (bench_open == b)
		bench_open = NULL;
	free(b);
}

/* ---- Runs ------------------------------------------------------------------------------------------------- */

static void bench_run_engine(struct sbesim *b)
{
	checker_reset(b->checker);
	rewind(b->console);
	b->console_line = NULL;
	engine_run(&b->engine);
	checker_finish(b->checker);
}

static void bench_choose(struct sbesim *b, const struct choose_plan *plan)
{
	if (plan)
		chooser_begin_plan(&b->chooser, plan);
	else
		chooser_begin_seed(&b->chooser, b->campaign->seed + b->runs);
}

/* The present run once more, told in full: with sources, and to the recorder when it is to be the trace. */
static bool bench_tell_run(struct sbesim *b, const struct choose_plan *plan, const char *trace)
{
	struct choose_site before[CHOOSE_SITES_MAX];
	unsigned int sites = b->chooser.sites;
	uint64_t asked = b->chooser.asked, now = b->engine.now;
	struct trace_writer *writer = trace ? trace_writer_open(trace, b->why, b->why_size) : NULL;
	bool written = true;

	if (trace && !writer) {
		b->status = SBESIM_BAD_INPUT;
		return false;
	}
	memcpy(before, b->chooser.site, sizeof(before)); /* statistics count a run once */
	bench_choose(b, plan);
	b->engine.tell_end = bench_tell_sources;
	bench_listen(b, sources_listener(b->sources));
	if (writer)
		bench_listen(b, trace_writer_listener(writer));
	bench_run_engine(b);
	b->engine.listeners -= writer ? 2 : 1;
	b->engine.tell_end = NULL;
	memcpy(b->chooser.site, before, sizeof(before));
	b->chooser.sites = sites;
	if (writer)
		written = trace_writer_close(writer, b->why, b->why_size);
	b->status = written ? b->status : SBESIM_BAD_INPUT;
	if (asked != b->chooser.asked || now != b->engine.now) {
		snprintf(b->why, b->why_size, "sbesim: the run (%s) was not the same when it was made again", b->choices);
		b->status = SBESIM_OWN_FAULT;
		return false;
	}
	return written;
}

static void bench_name_choices(struct sbesim *b, bool by_seed)
{
	const char *mode = b->campaign->contention ? BENCH_CONTENTION : "";
	size_t size = sizeof(b->choices) - strlen(mode);

	if (by_seed) {
		snprintf(b->choices, size, "--seed %llu", (unsigned long long)(b->campaign->seed + b->runs));
	} else {
		memcpy(b->choices, "--plan ", 8);
		choose_plan_print(&b->chooser.taken, b->choices + 7, size - 7);
	}
	strcat(b->choices, mode);
}

/* The command that makes the present run again and judges it alike. */
static void bench_name_replay(const struct sbesim *b, char *out, size_t size)
{
	size_t used;

	catalogue_replay(b->paths, b->choices, out, size);
	used = strlen(out);
	if (b->profile == SBESIM_PROFILE_RPMSG)
		snprintf(out + used, size - used, " --profile rpmsg");
}

static void bench_judge_by(struct sbesim *b, int profile)
{
	b->profile = profile;
	checker_set_profile(b->checker, profile == SBESIM_PROFILE_RPMSG ? CLAUSE_PROFILE_RPMSG : CLAUSE_PROFILE_SBE);
}

static bool bench_add_to_report(struct sbesim *b)
{
	char replay[BENCH_REPLAY_MAX] = "";

	if (checker_violations(b->checker))
		bench_name_replay(b, replay, sizeof(replay));
	return report_add_run(b->report, b->checker, b->runs, (int)b->chooser.surprises, replay);
}

/* One run of the campaign: by plan, or when that is NULL by seed. False ends the campaign. */
static bool bench_one(struct sbesim *b, const struct choose_plan *given)
{
	struct choose_plan plan;

	bench_choose(b, given);
	bench_run_engine(b);
	if (!chooser_done(&b->chooser)) {
		snprintf(b->why, b->why_size, "plan %s: does not fit these images on this platform: question %u was not asked "
			 "as it says (were they built anew?)", b->campaign->plan ? b->campaign->plan : "", b->chooser.asked);
		b->status = SBESIM_BAD_INPUT;
		return false;
	}
	plan = b->chooser.taken;
	bool failed = b->campaign->judge && !checker_passed(b->checker);
	bool record = b->campaign->trace && failed && !b->recorded;

	bench_name_choices(b, !given);
	if (b->campaign->judge && (record || !report_knows(b->report, b->checker)) &&
	    !bench_tell_run(b, given ? &plan : NULL, record ? b->campaign->trace : NULL))
		return false;
	b->recorded |= record;
	if (!bench_add_to_report(b)) {
		snprintf(b->why, b->why_size, "report: no memory");
		b->status = SBESIM_OWN_FAULT;
		return false;
	}
	b->runs++;
	b->capped += memory_caps(b->machine.memory);
	if (failed)
		b->status = SBESIM_VIOLATION;
	return !failed || b->campaign->keep_going;
}

static bool bench_one_planned(void *ctx, const struct choose_plan *plan, bool counts)
{
	struct sbesim *b = ctx;

	if (counts)
		return bench_one(b, plan);
	struct choose_site before[CHOOSE_SITES_MAX];

	memcpy(before, b->chooser.site, sizeof(before));
	chooser_begin_plan(&b->chooser, plan);
	bench_run_engine(b);
	memcpy(b->chooser.site, before, sizeof(before));
	return true;
}

static void bench_run_campaign(struct sbesim *b)
{
	const struct sbesim_campaign *c = b->campaign;
	struct choose_plan plan;

	b->complete = true;
	switch ((enum sbesim_how)c->how) {
	case SBESIM_SURPRISES:
		b->complete = explore(&b->chooser, c->surprises, bench_one_planned, b);
		return;
	case SBESIM_SEEDS:
		for (uint64_t i = 0; i < c->seeds && b->complete; i++)
			b->complete = bench_one(b, NULL);
		return;
	case SBESIM_PLAN:
		if (choose_plan_parse(&plan, c->plan, b->why, b->why_size)) {
			b->bound = (int)plan.count;
			bench_one(b, &plan);
		} else {
			b->status = SBESIM_BAD_INPUT;
		}
		return;
	}
}

/* No violation: the trace that was asked for is that of the first run. */
static void bench_record_first(struct sbesim *b)
{
	struct choose_plan plan = { 0 };
	bool by_seed = b->campaign->how == SBESIM_SEEDS;

	if (b->campaign->how == SBESIM_PLAN)
		choose_plan_parse(&plan, b->campaign->plan, b->why, b->why_size);
	b->runs = 0;
	bench_choose(b, by_seed ? NULL : &plan);
	bench_run_engine(b);
	bench_name_choices(b, by_seed);
	bench_tell_run(b, by_seed ? NULL : &plan, b->campaign->trace);
}

/* A directory that will be refused is refused before the campaign, not after. */
static bool bench_can_record(const char *dir, char *why, size_t why_size)
{
	struct trace_writer *writer = trace_writer_open(dir, why, why_size);

	if (writer)
		trace_writer_discard(writer);
	return writer != NULL;
}

int sbesim_run(struct sbesim *b, const struct sbesim_campaign *campaign, char *why, size_t why_size)
{
	b->campaign = campaign;
	b->why = why;
	b->why_size = why_size;
	b->status = SBESIM_CONFORMS;
	b->runs = b->capped = 0;
	b->recorded = false;
	b->judged = campaign->judge;
	bench_judge_by(b, campaign->profile);
	b->machine.bus.contended = campaign->contention;
	memset(b->chooser.site, 0, sizeof(b->chooser.site));
	b->chooser.sites = 0;
	if (campaign->trace && !bench_can_record(campaign->trace, why, why_size))
		return SBESIM_BAD_INPUT;
	if (b->report)
		report_free(b->report);
	b->report = report_new();
	b->bound = campaign->how == SBESIM_SURPRISES ? (int)campaign->surprises : -1;
	b->engine.listeners = 0;
	bench_listen(b, checker_listener(b->checker));
	bench_listen(b, (struct trace_listener){ .event = bench_on_console, .ctx = b });
	clock_t begin = clock();

	bench_run_campaign(b);
	b->seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
	if (campaign->trace && !b->recorded && (b->status == SBESIM_CONFORMS || b->status == SBESIM_VIOLATION))
		bench_record_first(b);
	return b->status;
}

/* ---- A recorded trace --------------------------------------------------------------------------------------- */

/* What a replay needs and the trace tells: platform, images, input, choices. */
static void bench_on_preamble(void *ctx, const struct trace_event *event)
{
	struct sbesim *b = ctx;
	const char *host = b->paths[1] ? b->paths[1] : "";

	if (event->id == EVENT_run_begin) {
		b->paths[0] = strdup(event->run_begin.platform);
		b->paths[3] = strdup(event->run_begin.input);
		snprintf(b->choices, sizeof(b->choices), "%s", event->run_begin.choices);
	} else if (event->id == EVENT_image) {
		unsigned int at = *host ? 2 : 1;

		free(b->paths[at]);
		b->paths[at] = strdup(event->image.name);
	} else if (event->id == EVENT_choice) {
		b->chooser.surprises++;
	}
}

/* Two listeners of one reading. */
struct bench_pair {
	struct trace_listener one, two;
};

static void bench_on_both(void *ctx, const struct trace_event *event)
{
	struct bench_pair *pair = ctx;

	pair->one.event(pair->one.ctx, event);
	pair->two.event(pair->two.ctx, event);
}

static void bench_report_trace(struct sbesim *b)
{
	char replay[BENCH_REPLAY_MAX];
	bool by_seed = strncmp(b->choices, "--seed", 6) == 0;

	checker_finish(b->checker);
	b->judged = true;
	for (unsigned int i = 0; i < 4; i++)
		if (!b->paths[i])
			b->paths[i] = strdup("?");
	bench_name_replay(b, replay, sizeof(replay));
	b->report = report_new();
	b->bound = by_seed ? -1 : (int)b->chooser.surprises;
	report_add_run(b->report, b->checker, 0, (int)b->chooser.surprises, replay);
}

int sbesim_check(const char *dir, int profile, struct sbesim **bench, char *why, size_t why_size)
{
	struct sbesim *b = calloc(1, sizeof(*b));
	struct bench_pair pair;

	*bench = b;
	if (!b || !(b->checker = checker_new())) {
		snprintf(why, why_size, "check: no memory");
		return SBESIM_OWN_FAULT;
	}
	bench_judge_by(b, profile);
	pair.one = checker_listener(b->checker);
	pair.two = (struct trace_listener){ .event = bench_on_preamble, .ctx = b };
	if (!trace_read(dir, (struct trace_listener){ .event = bench_on_both, .ctx = &pair }, why, why_size))
		return SBESIM_BAD_INPUT;
	bench_report_trace(b);
	return checker_passed(b->checker) ? SBESIM_CONFORMS : SBESIM_VIOLATION;
}

int sbesim_show(const char *dir, bool all_events, FILE *out, char *why, size_t why_size)
{
	return trace_show(dir, out, all_events, why, why_size) ? SBESIM_CONFORMS : SBESIM_BAD_INPUT;
}

/* ---- Litmus tests ------------------------------------------------------------------------------------------------- */

int sbesim_litmus(const char *path, bool json, FILE *out, char *why, size_t why_size)
{
	struct litmus test;
	struct litmus_result result;
	int status;

	if (!litmus_read(&test, path, why, why_size))
		return SBESIM_BAD_INPUT;
	if (!litmus_explore(&test, false, &result, why, why_size))
		return SBESIM_OWN_FAULT;
	(json ? litmus_print_json : litmus_print)(&test, &result, out);
	snprintf(why, why_size, "%s: not every run was made", path);
	status = !result.complete ? SBESIM_OWN_FAULT : result.holds ? SBESIM_CONFORMS : SBESIM_VIOLATION;
	litmus_result_fini(&result);
	return status;
}

/* ---- Reports ---------------------------------------------------------------------------------------------------- */

static uint64_t bench_questions(const struct sbesim *b)
{
	uint64_t asked = 0;

	for (unsigned int i = 0; i < b->chooser.sites; i++)
		asked += b->chooser.site[i].asked;
	return asked;
}

static void bench_add_coverage(const struct sbesim *b, cJSON *json)
{
	cJSON *sites = cJSON_AddArrayToObject(json, "sites");

	cJSON_AddNumberToObject(json, "choice_points", (double)bench_questions(b));
	cJSON_AddBoolToObject(json, "complete", b->complete);
	cJSON_AddNumberToObject(json, "capped", (double)b->capped);
	for (unsigned int i = 0; i < b->chooser.sites; i++) {
		cJSON *site = cJSON_CreateObject();

		cJSON_AddStringToObject(site, "site", b->chooser.site[i].name);
		cJSON_AddNumberToObject(site, "asked", (double)b->chooser.site[i].asked);
		cJSON_AddNumberToObject(site, "taken", (double)b->chooser.site[i].taken);
		cJSON_AddItemToArray(sites, site);
	}
	cJSON_AddNumberToObject(json, "runs_per_second", b->seconds > 0 ? (double)b->runs / b->seconds : 0);
}

char *sbesim_report_json(struct sbesim *b, bool coverage)
{
	cJSON *json = report_json(b->report);

	cJSON_ReplaceItemInObject(json, "surprises", b->bound < 0 ? cJSON_CreateNull() : cJSON_CreateNumber(b->bound));
	if (!b->judged) {
		cJSON_DeleteItemFromObject(json, "verdict");
		cJSON_DeleteItemFromObject(json, "profile");
		cJSON_DeleteItemFromObject(json, "warnings");
		cJSON_DeleteItemFromObject(json, "clauses");
		cJSON_DeleteItemFromObject(json, "violations");
	}
	if (coverage)
		bench_add_coverage(b, json);
	char *text = cJSON_PrintUnformatted(json);

	cJSON_Delete(json);
	return text;
}

void sbesim_report_print(struct sbesim *b, bool coverage, FILE *out)
{
	if (b->judged)
		report_print(b->report, out);
	if (!coverage)
		return;
	fprintf(out, "explored: %llu runs, %llu choice points, %s, %llu histories capped, %.0f runs per second\n",
		(unsigned long long)b->runs, (unsigned long long)bench_questions(b),
		b->complete ? "complete" : "not complete", (unsigned long long)b->capped,
		b->seconds > 0 ? (double)b->runs / b->seconds : 0);
	for (unsigned int i = 0; i < b->chooser.sites; i++)
		fprintf(out, "  %-18s asked %llu, taken %llu\n", b->chooser.site[i].name,
			(unsigned long long)b->chooser.site[i].asked, (unsigned long long)b->chooser.site[i].taken);
}

char *sbesim_console(struct sbesim *b)
{
	fflush(b->console);
	return strdup(b->console_text ? b->console_text : "");
}

char *sbesim_clauses_json(void)
{
	cJSON *list = cJSON_CreateArray();

	for (unsigned int i = 0; i < CLAUSE_COUNT; i++) {
		cJSON *clause = cJSON_CreateObject();

		cJSON_AddStringToObject(clause, "id", clauses[i].id);
		cJSON_AddStringToObject(clause, "profile", clause_profile_name(clauses[i].profile));
		cJSON_AddStringToObject(clause, "level", clause_level_name(clauses[i].level));
		cJSON_AddStringToObject(clause, "text", clauses[i].text);
		cJSON_AddStringToObject(clause, "source", clauses[i].source);
		cJSON_AddItemToArray(list, clause);
	}
	char *text = cJSON_PrintUnformatted(list);

	cJSON_Delete(list);
	return text;
}

char *sbesim_defects_json(void)
{
	return catalogue_defects_json();
}

char *sbesim_platforms_json(void)
{
	return catalogue_platforms_json();
}

void sbesim_free(char *text)
{
	free(text);
}
