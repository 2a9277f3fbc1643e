/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bench as a library: open a platform with two images, make runs, read the report. The command line and the Python
 * side use nothing else.
 *
 * One bench can be open at a time in a process (hosted images lie at fixed addresses). Functions that fail write one
 * sentence, without a newline, to `why` (`why_size` bytes) and leave nothing half-written. Strings that are returned as
 * char * are the caller's, to be given back with sbesim_free.
 */
#ifndef SBESIM_SBESIM_H
#define SBESIM_SBESIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SBESIM_API __attribute__((visibility("default")))

/* What functions return and the command line exits with. */
#define SBESIM_CONFORMS 0
#define SBESIM_VIOLATION 1
#define SBESIM_BAD_INPUT 2
#define SBESIM_OWN_FAULT 3

struct sbesim;

/* NULL members mean the default: zynqmp, the reference images, the repository's example input. */
struct sbesim_config {
	const char *platform;	/* a name that sbesim_platforms_json lists, or FILE.dts, FILE.dtb */
	const char *host;	/* an image that sbesim-cc built */
	const char *remote;
	const char *defect;	/* instead of one of them: the image of this defect */
	const char *input;	/* what the host reads with hw_input_read */
};

enum sbesim_how {
	SBESIM_SURPRISES,	/* every run with at most `surprises` surprises */
	SBESIM_SEEDS,		/* `seeds` runs, seeds from `seed` on */
	SBESIM_PLAN,		/* one run: `plan`, as a report's replay command has it */
};

/* Which clauses are judged and listed. */
enum sbesim_profile {
	SBESIM_PROFILE_SBE,	/* all */
	SBESIM_PROFILE_RPMSG,	/* those about memory, vrings and rpmsg, whatever the messages say */
};

struct sbesim_campaign {
	int how;		/* enum sbesim_how */
	unsigned int surprises;
	uint64_t seed, seeds;
	const char *plan;
	int profile;		/* enum sbesim_profile */
	bool judge;		/* false: only make the runs; nothing is called a violation */
	bool keep_going;	/* past a violation of a MUST clause */
	bool contention;	/* CPUs wait for each other on the bus; else costs are fixed, as exploration wants them */
	/*
	 * NULL, or the directory to make and to record one run in: the first with a violation, else the first. One that
	 * exists and is not empty is refused, untouched.
	 */
	const char *trace;
};

SBESIM_API struct sbesim *sbesim_open(const struct sbesim_config *config, char *why, size_t why_size);
SBESIM_API void sbesim_close(struct sbesim *bench);

/* Makes the runs, and judges them when that is asked. SBESIM_CONFORMS, SBESIM_VIOLATION, or with `why` SBESIM_BAD_INPUT / _OWN_FAULT. */
SBESIM_API int sbesim_run(struct sbesim *bench, const struct sbesim_campaign *campaign, char *why, size_t why_size);
/* Judges the trace in `dir`. As sbesim_run; needs no open bench. *bench becomes one that only reports. */
SBESIM_API int sbesim_check(const char *dir, int profile, struct sbesim **bench, char *why, size_t why_size);

/*
 * What the last sbesim_run or sbesim_check found, as JSON (docs/reference.md says what is in it): without a verdict when
 * nothing was to be judged; `coverage` adds what was explored.
 */
SBESIM_API char *sbesim_report_json(struct sbesim *bench, bool coverage);
/* The same for people. */
SBESIM_API void sbesim_report_print(struct sbesim *bench, bool coverage, FILE *out);
/* What the programs of the last run printed, each text after "host: " or "remote: ". */
SBESIM_API char *sbesim_console(struct sbesim *bench);

/* A timeline of the trace in `dir`; `all_events`: every event instead. */
SBESIM_API int sbesim_show(const char *dir, bool all_events, FILE *out, char *why, size_t why_size);

/*
 * Makes every run of the litmus test in the file (conformance/litmus/README.md) and prints the outcomes. SBESIM_CONFORMS when the
 * question's claim holds, SBESIM_VIOLATION when not, or with `why` SBESIM_BAD_INPUT, or SBESIM_OWN_FAULT when not every run could
 * be made. No bench may be open.
 */
SBESIM_API int sbesim_litmus(const char *path, bool json, FILE *out, char *why, size_t why_size);

/* Lists, as JSON arrays. */
SBESIM_API char *sbesim_clauses_json(void);
SBESIM_API char *sbesim_defects_json(void);
SBESIM_API char *sbesim_platforms_json(void);
SBESIM_API void sbesim_free(char *text);

#endif
