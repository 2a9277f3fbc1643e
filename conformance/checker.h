/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The conformance checker: events in, a verdict per clause out.
 *
 * It judges from events alone, whoever emits them (the simulator, a QEMU plugin, a board's recorded trace),
 * and trusts none of what they carry. Agents of one side count as one coherent cluster with one cache; device
 * addresses are taken to be physical ones (no IOMMU yet). It does not model caches: what a cache did comes as
 * facts.
 */
#ifndef CONFORMANCE_CHECKER_H
#define CONFORMANCE_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/trace.h"

struct trace_sources;

enum clause_id {
#define CLAUSE(c_name, id, profile, level, needs, prerequisites, text, source) CLAUSE_##c_name,
#include "conformance/clauses.def"
#undef CLAUSE
	CLAUSE_COUNT
};

enum clause_level { CLAUSE_MAY, CLAUSE_SHOULD, CLAUSE_MUST };
/* What is judged: each includes those before it. */
enum clause_profile { CLAUSE_PROFILE_RPMSG, CLAUSE_PROFILE_SBE };

/* A set of clauses. */
__extension__ typedef unsigned __int128 clause_set;
#define CLAUSE_BIT(clause) ((clause_set)1u << (clause))
#define CLAUSE_ALL (~(clause_set)0u)

struct clause {
	const char *id;
	enum clause_profile profile;
	enum clause_level level;
	enum trace_level needs; /* the lowest trace level that lets it be judged */
	clause_set prerequisites;
	const char *text, *source;
};
extern const struct clause clauses[CLAUSE_COUNT];

/* In the order in which runs merge: the greater one stays. */
enum clause_verdict {
	CLAUSE_NOT_OBSERVABLE, /* the trace lacks the events, or there were more than the checker tracks */
	CLAUSE_NOT_EXERCISED,
	CLAUSE_PREREQ, /* a clause that it relies on failed first */
	CLAUSE_PASS,
	CLAUSE_FAIL,
};
/* "pass", "fail", "not-exercised", "not-observable", "prereq"; "MUST" and so on. */
const char *clause_verdict_name(enum clause_verdict verdict);
const char *clause_level_name(enum clause_level level);
/* "rpmsg", "sbe". */
const char *clause_profile_name(enum clause_profile profile);

/* An instruction of an agent. */
struct check_place {
	uint8_t side, agent;
	uint64_t pc;
};

#define CHECK_PLACES 6
struct check_violation {
	enum clause_id clause;
	unsigned int places;
	struct check_place place[CHECK_PLACES];
	/* One sentence each. "{n}" stands for place n: checker_text fills it in. */
	char message[320], cause[640];
};

/* What the host program printed: lines "sha256 <hex>", "histogram n n ...", "upper_sha256 <hex>". */
#define CHECK_HISTOGRAM 256
struct check_result {
	char sha256[65], upper_sha256[65]; /* "": missing */
	bool has_histogram;
	uint64_t histogram[CHECK_HISTOGRAM];
};

struct checker;

/* NULL: no memory. */
struct checker *checker_new(void);
/* Before a run: judges no clause that this does not include. A new checker judges all. */
void checker_set_profile(struct checker *checker, enum clause_profile profile);
enum clause_profile checker_profile(const struct checker *checker);
/* Before each further run; keeps what was allocated. */
void checker_reset(struct checker *checker);
void checker_free(struct checker *checker);

struct trace_listener checker_listener(struct checker *checker);
/* At the end of a run, once: judges what only the end shows. */
void checker_finish(struct checker *checker);

enum clause_verdict checker_verdict(const struct checker *checker, enum clause_id clause);
/* How often the clause was exercised and held. */
uint64_t checker_witnesses(const struct checker *checker, enum clause_id clause);
/* False iff a MUST clause failed. */
bool checker_passed(const struct checker *checker);
uint64_t checker_events(const struct checker *checker);
unsigned int checker_violations(const struct checker *checker);
const struct check_violation *checker_violation(const struct checker *checker, unsigned int index);
const struct check_result *checker_result(const struct checker *checker);
/* To look up places; valid until the next event or reset. */
struct trace_sources *checker_sources(const struct checker *checker);
/* `text` of a violation with its places filled in ("host at host.c:88 (main)"), cut to `size`. */
void checker_text(const struct checker *checker, const struct check_violation *violation, const char *text,
		  char *out, size_t size);

#endif
