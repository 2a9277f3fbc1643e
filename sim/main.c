/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line: words in, a call of the library, text or one JSON object out. It uses nothing but <sbesim/sbesim.h>.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <sbesim/sbesim.h>

#define WHY_MAX 1024

enum option_id { OPT_PLATFORM = 256, OPT_HOST, OPT_REMOTE, OPT_INPUT, OPT_SEED, OPT_SEEDS, OPT_SURPRISES, OPT_PLAN, OPT_TRACE,
		 OPT_DEFECT, OPT_JSON, OPT_EVENTS, OPT_KEEP_GOING, OPT_PROFILE, OPT_CONTENTION, OPT_HELP };

/* Groups of options: a command takes some. */
#define TAKES_PAIR 1u	/* platform, images, input, seeds, trace, defect */
#define TAKES_PLAN 2u
#define TAKES_DIR 4u
#define TAKES_EVENTS 8u
#define TAKES_JSON 16u
#define TAKES_KEEP_GOING 32u
#define TAKES_PROFILE 64u

static const struct {
	const char *name, *argument, *text;
	int id;
	unsigned int group;
} options[] = {
	{ "platform", "NAME|FILE", "zynqmp, stm32mp15, imx8mp, am64x, hostile, or a .dts or .dtb file (default zynqmp)", OPT_PLATFORM, TAKES_PAIR },
	{ "host", "SO", "the host's image (default: the reference)", OPT_HOST, TAKES_PAIR },
	{ "remote", "SO", "the remote's image (default: the reference)", OPT_REMOTE, TAKES_PAIR },
	{ "defect", "NAME", "the image of a built-in defect instead (see: sbesim defects)", OPT_DEFECT, TAKES_PAIR },
	{ "input", "FILE", "what the host reads (default: a file of 1 KiB)", OPT_INPUT, TAKES_PAIR },
	{ "seed", "N", "one run: surprises drawn from seed N", OPT_SEED, TAKES_PAIR },
	{ "seeds", "N", "N runs: seeds 0 to N-1", OPT_SEEDS, TAKES_PAIR },
	{ "surprises", "D", "every run with at most D surprises", OPT_SURPRISES, TAKES_PAIR },
	{ "plan", "LIST", "one run: these surprises, INDEX:SITE:OPTION or SITE#N:OPTION, ... or -", OPT_PLAN, TAKES_PLAN },
	{ "trace", "DIR", "record a run: the first with a violation, else the first", OPT_TRACE, TAKES_PAIR },
	{ "profile", "NAME", "judge rpmsg's clauses alone, or sbe's, which include them (default sbe)", OPT_PROFILE,
	  TAKES_PROFILE },
	{ "contention", NULL, "CPUs wait for each other on the bus; without it costs are fixed", OPT_CONTENTION, TAKES_PLAN },
	{ "keep-going", NULL, "do not stop at the first run with a violation", OPT_KEEP_GOING, TAKES_KEEP_GOING },
	{ "events", NULL, "print every event, one a line", OPT_EVENTS, TAKES_EVENTS },
	{ "json", NULL, "print one JSON object", OPT_JSON, TAKES_JSON },
	{ "help", NULL, "print this", OPT_HELP, ~0u },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

struct arguments {
	struct sbesim_config config;
	struct sbesim_campaign campaign;
	bool chosen;		/* how was given */
	bool json, events;
	const char *dir;
};

struct command {
	const char *name, *operand, *text;
	unsigned int takes;
	int (*run)(const struct command *command, struct arguments *a);
};

static int fail(const struct command *command, int status, const char *why)
{
	fprintf(stderr, "sbesim %s: %s\n", command->name, why);
	return status;
}

/* ---- Commands ------------------------------------------------------------------------------------------- */

static void print_text(char *text)
{
	puts(text);
	sbesim_free(text);
}

static void print_run(struct sbesim *bench)
{
	char *console = sbesim_console(bench);

	fputs(console, stdout);
	sbesim_free(console);
}

static int command_campaign(const struct command *command, struct arguments *a, bool coverage)
{
	char why[WHY_MAX] = "";
	struct sbesim *bench = sbesim_open(&a->config, why, sizeof(why));
	int status;

	if (!bench)
		return fail(command, SBESIM_BAD_INPUT, why);
	status = sbesim_run(bench, &a->campaign, why, sizeof(why));
	if (status == SBESIM_BAD_INPUT || status == SBESIM_OWN_FAULT)
		fail(command, status, why);
	else if (a->json)
		print_text(sbesim_report_json(bench, coverage));
	else if (!a->campaign.judge)
		print_run(bench);
	else
		sbesim_report_print(bench, coverage, stdout);
	sbesim_close(bench);
	return status;
}

static int command_run(const struct command *command, struct arguments *a)
{
	return command_campaign(command, a, false);
}

static int command_conform(const struct command *command, struct arguments *a)
{
	a->campaign.judge = true;
	if (!a->chosen)
		a->campaign.surprises = 1;
	return command_campaign(command, a, false);
}

static int command_explore(const struct command *command, struct arguments *a)
{
	a->campaign.judge = a->campaign.keep_going = true;
	if (!a->chosen)
		a->campaign.surprises = 1;
	return command_campaign(command, a, true);
}

static int command_replay(const struct command *command, struct arguments *a)
{
	if (!a->chosen)
		return fail(command, SBESIM_BAD_INPUT, "expected --plan LIST or --seed N, as a report's replay command has it");
	a->campaign.judge = true;
	return command_campaign(command, a, false);
}

static int command_check(const struct command *command, struct arguments *a)
{
	char why[WHY_MAX] = "";
	struct sbesim *bench;
	int status = sbesim_check(a->dir, a->campaign.profile, &bench, why, sizeof(why));

	if (status == SBESIM_BAD_INPUT || status == SBESIM_OWN_FAULT)
		fail(command, status, why);
	else if (a->json)
		print_text(sbesim_report_json(bench, false));
	else
		sbesim_report_print(bench, false, stdout);
	sbesim_close(bench);
	return status;
}

static int command_show(const struct command *command, struct arguments *a)
{
	char why[WHY_MAX] = "";
	int status = sbesim_show(a->dir, a->events, stdout, why, sizeof(why));

	return status ? fail(command, status, why) : 0;
}

static int command_litmus(const struct command *command, struct arguments *a)
{
	char why[WHY_MAX] = "";
	int status = sbesim_litmus(a->dir, a->json, stdout, why, sizeof(why));

	return status == SBESIM_BAD_INPUT || status == SBESIM_OWN_FAULT ? fail(command, status, why) : status;
}

/* A JSON array of flat objects, a line each: the value of its first member, then the others below it. */
static void print_list(const char *json)
{
	bool in_text = false, value = false, first = true;

	for (const char *c = json; *c; c++) {
		if (*c == '"' && c[-1] != '\\') {
			in_text = !in_text;
			if (!in_text && value) {
				value = false;
				putchar('\n');
			}
		} else if (!in_text && *c == '{') {
			first = true;
		} else if (!in_text && *c == ':') {
			value = true;
			if (!first)
				fputs("    ", stdout);
			first = false;
		} else if (in_text && value) {
			putchar(*c == '\\' ? *++c : *c);
		}
	}
}

static int command_list(struct arguments *a, char *json)
{
	if (a->json)
		puts(json);
	else
		print_list(json);
	sbesim_free(json);
	return 0;
}

static int command_clauses(const struct command *command, struct arguments *a)
{
	(void)command;
	return command_list(a, sbesim_clauses_json());
}

static int command_defects(const struct command *command, struct arguments *a)
{
	(void)command;
	return command_list(a, sbesim_defects_json());
}

static int command_platforms(const struct command *command, struct arguments *a)
{
	(void)command;
	return command_list(a, sbesim_platforms_json());
}

static const struct command commands[] = {
	{ "run", "", "make one run, print what the programs print; judges nothing", TAKES_PAIR | TAKES_PLAN | TAKES_JSON,
	  command_run },
	{ "conform", "", "make runs until one violates a clause, judge, state (default --surprises 1)",
	  TAKES_PAIR | TAKES_PLAN | TAKES_JSON | TAKES_KEEP_GOING | TAKES_PROFILE, command_conform },
	{ "explore", "", "the same to the end, and say what was covered (default --surprises 1)",
	  TAKES_PAIR | TAKES_PLAN | TAKES_JSON | TAKES_PROFILE, command_explore },
	{ "replay", "", "make the run of a report again, and judge it", TAKES_PAIR | TAKES_PLAN | TAKES_JSON | TAKES_PROFILE,
	  command_replay },
	{ "check", " DIR", "judge a recorded trace", TAKES_DIR | TAKES_JSON | TAKES_PROFILE, command_check },
	{ "show", " DIR", "print a recorded trace as a timeline", TAKES_DIR | TAKES_EVENTS, command_show },
	{ "litmus", " FILE", "make every run of a litmus test, print what may be read", TAKES_DIR | TAKES_JSON, command_litmus },
	{ "clauses", "", "list the clauses", TAKES_JSON, command_clauses },
	{ "defects", "", "list the built-in defects", TAKES_JSON, command_defects },
	{ "platforms", "", "list the built-in platforms", TAKES_JSON, command_platforms },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* ---- Words ------------------------------------------------------------------------------------------------- */

static int help(void)
{
	puts("usage: sbesim COMMAND [OPTIONS]\n\ncommands (each has --help):");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %s%-*s %s\n", commands[i].name, (int)(14 - strlen(commands[i].name)), commands[i].operand,
		       commands[i].text);
	puts("\nexit codes: 0 conforms, 1 violation, 2 bad input, 3 a fault of sbesim's own");
	return 0;
}

static int help_command(const struct command *command)
{
	printf("usage: sbesim %s%s [OPTIONS]\n\n%s\n\n", command->name, command->operand, command->text);
	for (size_t i = 0; i < OPTIONS; i++) {
		char left[48];

		if (!(options[i].group & (command->takes | (options[i].id == OPT_HELP ? ~0u : 0u))))
			continue;
		snprintf(left, sizeof(left), "--%s %s", options[i].name, options[i].argument ? options[i].argument : "");
		printf("  %-24s %s\n", left, options[i].text);
	}
	return 0;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value <= max;
}

/* One of --seed, --seeds, --surprises, --plan. False with a sentence. */
static bool parse_how(struct arguments *a, int id, const char *text, char *why, size_t why_size)
{
	struct sbesim_campaign *c = &a->campaign;
	uint64_t n = 0;

	snprintf(why, why_size, "expected only one of --seed, --seeds, --surprises and --plan");
	if (a->chosen)
		return false;
	a->chosen = true;
	c->plan = text;
	if (id != OPT_PLAN && (!parse_number(text, id == OPT_SURPRISES ? 8 : UINT64_MAX, &n) || (id == OPT_SEEDS && !n))) {
		snprintf(why, why_size, "expected a number%s, seen \"%s\"",
			 id == OPT_SURPRISES ? " from 0 to 8 after --surprises" : id == OPT_SEEDS ? " from 1 after --seeds" : " after --seed",
			 text);
		return false;
	}
	c->how = id == OPT_PLAN ? SBESIM_PLAN : id == OPT_SURPRISES ? SBESIM_SURPRISES : SBESIM_SEEDS;
	c->surprises = (unsigned int)n;
	c->seed = id == OPT_SEED ? n : 0;
	c->seeds = id == OPT_SEEDS ? n : 1;
	return true;
}

static bool parse_profile(struct arguments *a, const char *text, char *why, size_t why_size)
{
	snprintf(why, why_size, "expected rpmsg or sbe after --profile, seen \"%s\"", text);
	a->campaign.profile = strcmp(text, "rpmsg") == 0 ? SBESIM_PROFILE_RPMSG : SBESIM_PROFILE_SBE;
	return a->campaign.profile == SBESIM_PROFILE_RPMSG || strcmp(text, "sbe") == 0;
}

static bool parse_option(struct arguments *a, int id, const char *text, char *why, size_t why_size)
{
	switch (id) {
	case OPT_PLATFORM:
		a->config.platform = text;
		return true;
	case OPT_HOST:
		a->config.host = text;
		return true;
	case OPT_REMOTE:
		a->config.remote = text;
		return true;
	case OPT_INPUT:
		a->config.input = text;
		return true;
	case OPT_DEFECT:
		a->config.defect = text;
		return true;
	case OPT_TRACE:
		a->campaign.trace = text;
		return true;
	case OPT_KEEP_GOING:
		a->campaign.keep_going = true;
		return true;
	case OPT_CONTENTION:
		a->campaign.contention = true;
		return true;
	case OPT_PROFILE:
		return parse_profile(a, text, why, why_size);
	case OPT_JSON:
		a->json = true;
		return true;
	case OPT_EVENTS:
		a->events = true;
		return true;
	default:
		return parse_how(a, id, text, why, why_size);
	}
}

static size_t options_of(const struct command *command, struct option out[OPTIONS + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].group & (command->takes | (options[i].id == OPT_HELP ? ~0u : 0u)))
			out[n++] = (struct option){ options[i].name, options[i].argument ? required_argument : no_argument, NULL,
						    options[i].id };
	out[n] = (struct option){ 0 };
	return n;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct option known[OPTIONS + 1];
	struct arguments a = { .campaign = { .how = SBESIM_SURPRISES } };
	char why[WHY_MAX];
	int id, operands = command->takes & TAKES_DIR ? 1 : 0;

	options_of(command, known);
	opterr = 0;
	while ((id = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (id == OPT_HELP)
			return help_command(command);
		if (id == '?') {
			snprintf(why, sizeof(why), "%s: no such option, or its argument is missing (see sbesim %s --help)",
				 argv[optind - 1], command->name);
			return fail(command, SBESIM_BAD_INPUT, why);
		}
		if (!parse_option(&a, id, optarg, why, sizeof(why)))
			return fail(command, SBESIM_BAD_INPUT, why);
	}
	if (argc - optind != operands) {
		snprintf(why, sizeof(why), "expected %d argument%s, seen %d (see sbesim %s --help)", operands,
			 operands == 1 ? "" : "s", argc - optind, command->name);
		return fail(command, SBESIM_BAD_INPUT, why);
	}
	a.dir = operands ? argv[optind] : NULL;
	return command->run(command, &a);
}

static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "sbesim: cannot write to standard output: %s\n", strerror(errno));
	return SBESIM_OWN_FAULT;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "--help";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return finish(help());
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return finish(run_command(&commands[i], argc - 1, argv + 1));
	fprintf(stderr, "sbesim %s: no such command (see sbesim --help)\n", name);
	return SBESIM_BAD_INPUT;
}
