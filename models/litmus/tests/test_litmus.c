/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Litmus tests: what a file may not say, each refusal as its sentence; and outcome sets of classic shapes, derived by
 * hand from the eager machine of conformance/litmus/README.md. Random programs are explored twice, with every schedule
 * and without those that cannot matter: the sets must be the same. That the models allow exactly what the eager machine
 * does is the comparison's matter.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/litmus/litmus.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define WHY_MAX 512

static struct litmus test;
static char why[WHY_MAX];

/* ---- Reading a text ------------------------------------------------------------------------------------ */

static char directory[] = "/tmp/litmus-XXXXXX";

static bool read_text(const char *text)
{
	char path[sizeof(directory) + 16];
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), "%s/t.litmus", directory);
	file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
	read = litmus_read(&test, path, why, sizeof(why));
	unlink(path);
	return read;
}

#define HEAD "SBESIM t\n\"A sentence.\"\n"
#define FRAME(state, program, question) HEAD "{ " state " }\n" program "\n" question "\n"

/* The sentence is the whole of `why` behind the file's name. */
static void refuses(const char *text, const char *sentence)
{
	bool read = read_text(text);
	const char *seen = strstr(why, "/t.litmus:");

	CU_ASSERT_FALSE(read);
	if (read || !seen || strcmp(seen + 10, sentence) != 0)
		fprintf(stderr, "\nexpected: %s\nseen:     %s\n", sentence, read ? "nothing" : why);
	CU_ASSERT_TRUE(!read && seen && strcmp(seen + 10, sentence) == 0);
}

/* One that is refused for its state alone: it stands in line 3. */
static void refuses_state(const char *state, const char *sentence)
{
	char text[512], expected[512];

	snprintf(text, sizeof(text), FRAME("%s", "P0 | P1 ;\nld r0,x | ;", "exists (0:r0=0)"), state);
	snprintf(expected, sizeof(expected), "3: %s", sentence);
	refuses(text, expected);
}

/* The row is in line 5. */
static void refuses_row(const char *row, const char *sentence)
{
	char text[512], expected[512];

	snprintf(text, sizeof(text),
		 FRAME("P1: iommu=before; P2: cluster=P1; x at 0; M: doorbell P0 P1; Q: fifo P0 P1 depth=1;",
		       "P0 | P1 | P2 ;\n%s", "exists (0:r0=0)"),
		 row);
	snprintf(expected, sizeof(expected), "5: %s", sentence);
	refuses(text, expected);
}

static void refuses_question(const char *question, const char *sentence)
{
	char text[512], expected[512];

	snprintf(text, sizeof(text), FRAME("x at 0;", "P0 | P1 ;\nld r0,x | ;", "%s"), question);
	snprintf(expected, sizeof(expected), "6: %s", sentence);
	refuses(text, expected);
}

/* ---- Running it -------------------------------------------------------------------------------------------- */

/* The outcomes are exactly those of `states`, one a line, sorted by registers, then faults. */
static void yields(const char *text, const char *states)
{
	struct litmus_result result;
	char state[256], all[4096] = "";

	CU_ASSERT_TRUE_FATAL(read_text(text));
	CU_ASSERT_TRUE_FATAL(litmus_explore(&test, false, &result, why, sizeof(why)));
	CU_ASSERT_TRUE(result.complete);
	for (unsigned int i = 0; i < result.outcomes; i++) {
		litmus_state_print(&test, &result.outcome[i].state, state, sizeof(state));
		strcat(all, state);
		strcat(all, "\n");
	}
	if (strcmp(all, states) != 0)
		fprintf(stderr, "\n%sexpected:\n%sseen:\n%s", text, states, all);
	CU_ASSERT_EQUAL(strcmp(all, states), 0);
	litmus_result_fini(&result);
}

/* ---- Sentences: what is refused ------------------------------------------------------------------------------- */

static void text_without_its_frame_is_refused(void)
{
	refuses("AArch64 t\n", "1: expected SBESIM and the test's name, saw \"AArch64 t\"");
	refuses("SBESIM other\n\"x\"\n", "1: the test is named other: expected its file's name");
	refuses("SBESIM t\nA sentence.\n", "2: expected a sentence in quotes, saw \"A sentence.\"");
	refuses(HEAD, "3: expected the state in braces, saw the end of the file");
	refuses(HEAD "{ x at 0; }\n(* never closed", "4: a comment is not closed by \"*)\"");
	refuses(HEAD "{ x at 0 }\n", "3: expected \";\" behind the item, saw \"}\"");
	refuses(HEAD "{ ; }\n", "3: expected an item of the state, saw \"; }\"");
}

static void file_that_cannot_be_read_is_refused(void)
{
	CU_ASSERT_FALSE(litmus_read(&test, "/nowhere/t.litmus", why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(why, "/nowhere/t.litmus: a litmus test cannot be read: No such file or directory");
}

static void agent_that_cannot_be_is_refused(void)
{
	refuses_state("P0: line=16;", "P0 has line=16: expected 64 or 32");
	refuses_state("P0: buffer=5;", "P0 has buffer=5: expected 0 to 4");
	refuses_state("P0: part=keep;", "P0 has part=keep: expected drop or clean");
	refuses_state("P0: dirty=keep;", "P0 has dirty=keep: expected drop or clean");
	refuses_state("P0: iommu=beside;", "P0 has iommu=beside: expected none, before or after");
	refuses_state("P0: colour=red;",
		      "P0 has the attribute \"colour\": expected line, cluster, buffer, part, dirty or iommu");
	refuses_state("P0: line=64 line=64;", "P0 has line twice: expected each attribute once");
	refuses_state("P0: line=64; P0: buffer=1;", "P0 is described twice: expected it once");
	refuses_state("P0: cluster=P1;", "P0 has cluster=P1: expected an earlier agent");
	refuses_state("P1: cluster=P0 line=32;",
		      "P1 has both cluster and line: expected it to take that from its cluster");
	refuses(FRAME("P2: line=32; x at 0;", "P0 | P1 ;\nld r0,x | ;", "exists (0:r0=0)"),
		"4: the heading has no P2, which the state describes");
}

static void variable_that_cannot_be_is_refused(void)
{
	refuses_state("x at 2;", "x is at 2: expected a multiple of 4 below 128");
	refuses_state("x at 128;", "x is at 128: expected a multiple of 4 below 128");
	refuses_state("x at 0; y at 0;", "y is at 0, where x is: expected a place of its own");
	refuses_state("x at 0; x at 4;", "x has two places: expected one");
	refuses_state("r1 at 0;",
		      "a variable is named \"r1\": expected lower-case letters, digits and _, and no register");
	refuses_state("X at 0;",
		      "a variable is named \"X\": expected lower-case letters, digits and _, and no register");
	refuses_state("x=1;", "x has a value: expected its place before it");
	refuses_state("x at 0; x=256;", "x is 256 at the beginning: expected a number from 0 to 255");
	refuses_state("x at 0; x=1; x=1;", "x has two values: expected one");
	refuses_state("x is 0;", "the state has \"x is\": expected an agent, a variable or a mailbox");
}

static void peripherals_that_cannot_be_are_refused(void)
{
	refuses_state("x at 0; peripherals=0;", "peripherals is 0: expected 1 or 2");
	refuses_state("x at 0; peripherals=3;", "peripherals is 3: expected 1 or 2");
	refuses_state("x at 0; peripherals=02;", "peripherals is 02: expected 1 or 2");
	refuses_state("peripherals=1; peripherals=1;", "peripherals is said twice: expected it once");
	refuses_state("peripherals at 0;",
		      "a variable is named \"peripherals\": expected another name than this word of the state");
}

static void mailbox_that_cannot_be_is_refused(void)
{
	refuses_state("M: queue P0 P1;", "M is \"queue\": expected doorbell or fifo");
	refuses_state("M: doorbell P0 P0;", "M is from \"P0\" to \"P0\": expected two agents");
	refuses_state("M: fifo P0 P1;", "the FIFO M has no depth=1 to depth=4 behind its agents");
	refuses_state("M: fifo P0 P1 depth=5;", "the FIFO M has no depth=1 to depth=4 behind its agents");
	refuses_state("M: doorbell P0 P1 late;", "M is \"late\": expected lossy or duplicate");
	refuses_state("M: doorbell P0 P1 lossy lossy;", "M is lossy twice: expected it once");
	refuses_state("M: doorbell P0 P1; M: doorbell P1 P0;", "M is described twice: expected it once");
	refuses_state("m: doorbell P0 P1;",
		      "a mailbox is named \"m\": expected upper-case letters, digits and _, and no agent");
	refuses(FRAME("x at 0; M: doorbell P0 P2;", "P0 | P1 ;\nld r0,x | ;", "exists (0:r0=0)"),
		"4: the heading lacks an agent of the mailbox M");
}

static void rows_that_cannot_be_are_refused(void)
{
	refuses(FRAME("x at 0;", "P1 | P0 ;", "exists (0:r0=0)"),
		"4: the heading has \"P1\" in column 0: expected P0, P1, P2 in order");
	refuses_row("ld r0,x | ;", "expected \"|\" between cells, as many as the heading has, saw \";\"");
	refuses_row("ld r0,x | | | ;",
		    "expected \";\" at the row's end, behind as many cells as the heading has, saw \"| ;\"");
	refuses_row("| | ; ld r0,x | | ;", "an instruction stands below an empty cell of P0");
	refuses_row("ldr r0,x | | ;", "P0 has \"ldr\": expected an instruction");
	refuses_row("ld x,x | | ;", "P0 has ld with \"x\": expected a register r0 to r9");
	refuses_row("ld r0,z | | ;", "P0 has ld with \"z\": expected a variable of the state");
	refuses_row("st x,256 | | ;", "P0 has st with \"256\": expected a number from 0 to 255 or a register");
	refuses_row("ld r0 x | | ;", "expected \",\", saw \"x | | ;\"");
	refuses(FRAME("x at 0;", "P0 ;\nld r0,x ;", ""),
		"7: expected a row, or the question: exists (...) or forbidden (...), saw the end of the file");
}

static void instruction_of_the_wrong_agent_is_refused(void)
{
	refuses_row("kick Q | | ;", "P0 has kick with \"Q\": expected a doorbell of the state");
	refuses_row("push r0,M,1 | | ;", "P0 has push with \"M\": expected a FIFO of the state");
	refuses_row("wait M | | ;", "P0 has wait M: only P1 may");
	refuses_row("| push r0,Q,1 | ;", "P1 has push Q: only P0 may");
	refuses_row("unmap P0,0 | | ;", "P0 has unmap of P0, which has no IOMMU");
	refuses_row("tlbi P3 | | ;", "P0 has tlbi with \"P3\": expected an agent");
	refuses_row("map P1,0,2 | | ;", "P0 has map with \"2\": expected a page, 0 or 1");
	refuses_row("| crash | ;", "P1 crashes, but shares its cache with P2: expected a cluster of one agent");
	refuses_row("| st x,1 | wst x,1 ;", "P1 has st to a line that its cluster stores to with wst");
}

static void question_that_no_outcome_answers_is_refused(void)
{
	refuses_question("exists 0:r0=0", "expected \"(\", saw \"0:r0=0\"");
	refuses_question("exists (0:r1=0)", "the question asks for 0:r1, which no outcome tells");
	refuses_question("exists (0:fault=1)", "the question asks for 0:fault, which no outcome tells");
	refuses_question("exists (2:r0=0)", "the question asks for 2:r0, which no outcome tells");
	refuses_question("exists (0:r0=256)", "the question asks for 0:r0=256, which it never is");
	refuses_question("exists (0:r0=0 /\\ )", "expected a term as 1:r0=2, saw \")\"");
	refuses_question("exists (0:r0=0 and", "expected \")\", saw \"and\"");
	refuses_question("exists (0:r0=0) and more", "expected nothing behind the question, saw \"and more\"");
}

/* ---- Sentences: outcomes, by hand -------------------------------------------------------------------------------- */

#define TWO "x at 0; y at 64;"
#define ALL_FOUR "1:r0=0 1:r1=0\n1:r0=0 1:r1=1\n1:r0=1 1:r1=0\n1:r0=1 1:r1=1\n"

static void uncached_message_passing_is_in_order(void)
{
	yields(FRAME(TWO, "P0 | P1 ;\nust x,1 | uld r0,y ;\nust y,1 | uld r1,x ;", "exists (1:r0=1)"),
	       "1:r0=0 1:r1=0\n1:r0=0 1:r1=1\n1:r0=1 1:r1=1\n");
}

static void store_buffer_takes_the_order_of_message_passing(void)
{
	yields(FRAME("P0: buffer=2;" TWO, "P0 | P1 ;\nust x,1 | uld r0,y ;\nust y,1 | uld r1,x ;", "exists (1:r0=1)"),
	       ALL_FOUR);
}

static void store_buffers_let_both_loads_pass_both_stores(void)
{
	yields(FRAME("P0: buffer=1; P1: buffer=1;" TWO, "P0 | P1 ;\nust x,1 | ust y,1 ;\nuld r0,y | uld r0,x ;",
		     "exists (0:r0=0)"),
	       "0:r0=0 1:r0=0\n0:r0=0 1:r0=1\n0:r0=1 1:r0=0\n0:r0=1 1:r0=1\n");
	yields(FRAME(TWO, "P0 | P1 ;\nust x,1 | ust y,1 ;\nuld r0,y | uld r0,x ;", "exists (0:r0=0)"),
	       "0:r0=0 1:r0=1\n0:r0=1 1:r0=0\n0:r0=1 1:r0=1\n");
}

static void device_stores_keep_their_order_at_one_peripheral_and_only_there(void)
{
	yields(FRAME("P0: buffer=2;" TWO, "P0 | P1 ;\ndst x,1 | uld r0,y ;\ndst y,1 | uld r1,x ;", "exists (1:r0=1)"),
	       "1:r0=0 1:r1=0\n1:r0=0 1:r1=1\n1:r0=1 1:r1=1\n");
	yields(FRAME("P0: buffer=2; peripherals=2;" TWO, "P0 | P1 ;\ndst x,1 | uld r0,y ;\ndst y,1 | uld r1,x ;",
		     "exists (1:r0=1)"),
	       ALL_FOUR);
	yields(FRAME("P0: buffer=2;" TWO, "P0 | P1 ;\nust x,1 | uld r0,y ;\ndst y,1 | uld r1,x ;", "exists (1:r0=1)"),
	       ALL_FOUR);
}

static void device_load_makes_own_stores_to_its_peripheral_leave(void)
{
	yields(FRAME("P0: buffer=1; P1: buffer=1;" TWO, "P0 | P1 ;\ndst x,1 | dst y,1 ;\ndld r0,y | dld r0,x ;",
		     "exists (0:r0=0)"),
	       "0:r0=0 1:r0=1\n0:r0=1 1:r0=0\n0:r0=1 1:r0=1\n");
	yields(FRAME("P0: buffer=1; P1: buffer=1; peripherals=2;" TWO,
		     "P0 | P1 ;\ndst x,1 | dst y,1 ;\ndld r0,y | dld r0,x ;", "exists (0:r0=0)"),
	       "0:r0=0 1:r0=0\n0:r0=0 1:r0=1\n0:r0=1 1:r0=0\n0:r0=1 1:r0=1\n");
}

/*
 * x, y, x are read. A buffer that merges shows x and y both old, or both new, at each moment: 000, 001, 011, 111. One
 * that does not shows besides x new and y old (101), y new and x old (010); nowhere is x new, then old.
 */
static void stores_that_may_be_merged_are_seen_at_once_and_apart(void)
{
	yields(FRAME("P0: buffer=2; x at 0; y at 4;",
		     "P0 | P1 ;\nust x,1 | uld r0,x ;\nust y,1 | uld r1,y ;\n | uld r2,x ;", "exists (1:r0=1)"),
	       "1:r0=0 1:r1=0 1:r2=0\n1:r0=0 1:r1=0 1:r2=1\n1:r0=0 1:r1=1 1:r2=0\n1:r0=0 1:r1=1 1:r2=1\n"
	       "1:r0=1 1:r1=0 1:r2=1\n1:r0=1 1:r1=1 1:r2=1\n");
}

/* A dirty line reaches memory when it likes; an old copy may be served for as long. */
static void cached_message_passing_needs_both_clean_and_invalidate(void)
{
	yields(FRAME(TWO, "P0 | P1 ;\nst x,1 | uld r0,y ;\nust y,1 | ld r1,x ;", "exists (1:r0=1)"), ALL_FOUR);
	yields(FRAME(TWO, "P0 | P1 ;\nst x,1 | uld r0,y ;\nclean x | ld r1,x ;\nust y,1 | ;", "exists (1:r0=1)"),
	       ALL_FOUR);
	yields(FRAME(TWO, "P0 | P1 ;\nst x,1 | uld r0,y ;\nclean x | inv x ;\nust y,1 | ld r1,x ;", "exists (1:r0=1)"),
	       "1:r0=0 1:r1=0\n1:r0=0 1:r1=1\n1:r0=1 1:r1=1\n");
}

static void cores_of_one_cluster_are_coherent(void)
{
	yields(FRAME("P1: cluster=P0;" TWO, "P0 | P1 ;\nst x,1 | ld r0,y ;\nst y,1 | ld r1,x ;", "exists (1:r0=1)"),
	       "1:r0=0 1:r1=0\n1:r0=0 1:r1=1\n1:r0=1 1:r1=1\n");
}

/* The line of 64 bytes goes back whole, or has done so before, or not yet; and P1 then reads what it wrote itself, or
 * P0's 0 of it. */
static void whole_line_goes_back_over_the_neighbour(void)
{
	yields(FRAME("x at 0; y at 4; M: doorbell P0 P1;",
		     "P0 | P1 ;\nst x,1 | ust y,1 ;\nclean x | wait M ;\nkick M | uld r0,y ;", "exists (1:r0=0)"),
	       "1:r0=0\n1:r0=1\n");
	yields(FRAME("P0: line=32; x at 0; y at 32; M: doorbell P0 P1;",
		     "P0 | P1 ;\nst x,1 | ust y,1 ;\nclean x | wait M ;\nkick M | uld r0,y ;", "exists (1:r0=0)"),
	       "1:r0=1\n");
}

static void crash_loses_what_was_not_cleaned_or_had_been_written_back(void)
{
	yields(FRAME("x at 0;", "P0 ;\nst x,1 ;\ncrash ;\nld r0,x ;", "exists (0:r0=0)"), "0:r0=0\n0:r0=1\n");
	yields(FRAME("x at 0;", "P0 ;\nst x,1 ;\nclean x ;\ncrash ;\nld r0,x ;", "exists (0:r0=0)"), "0:r0=1\n");
}

/* Who waits for ever has not loaded. */
static void doorbell_loses_or_doubles_only_what_it_may(void)
{
	const char *program = "P0 | P1 ;\nkick M | wait M ;\n | uld r0,x ;\n | poll r1,M ;";
	static const struct {
		const char *flags, *states;
	} kinds[] = {{"", "1:r0=7 1:r1=0\n"},
		     {"lossy", "1:r0=0 1:r1=0\n1:r0=7 1:r1=0\n"},
		     {"duplicate", "1:r0=7 1:r1=0\n1:r0=7 1:r1=1\n"},
		     {"lossy duplicate", "1:r0=0 1:r1=0\n1:r0=7 1:r1=0\n1:r0=7 1:r1=1\n"}};

	for (unsigned int i = 0; i < 4; i++) {
		char text[512];

		snprintf(text, sizeof(text), FRAME("x at 0; x=7; M: doorbell P0 P1 %s;", "%s", "exists (1:r0=7)"),
			 kinds[i].flags, program);
		yields(text, kinds[i].states);
	}
}

static void fifo_of_one_refuses_until_it_is_read(void)
{
	yields(FRAME("Q: fifo P0 P1 depth=1;", "P0 | P1 ;\npush r0,Q,5 | pop r0,Q ;\npush r1,Q,6 | ;",
		     "exists (0:r1=0)"),
	       "0:r0=1 0:r1=0 1:r0=5\n0:r0=1 0:r1=1 1:r0=5\n");
}

static void unmapped_page_is_reached_until_the_iotlb_is_invalidated(void)
{
	yields(FRAME("P0: iommu=before; x at 0; x=3;", "P0 ;\nunmap P0,0 ;\nld r0,x ;\ntlbi P0 ;\nld r1,x ;",
		     "exists (0:r0=0)"),
	       "0:fault=1 0:r0=3 0:r1=0\n");
	/* After the cache the second load may hit. */
	yields(FRAME("P0: iommu=after; x at 0; x=3;", "P0 ;\nunmap P0,0 ;\nld r0,x ;\ntlbi P0 ;\nld r1,x ;",
		     "exists (0:r0=0)"),
	       "0:fault=1 0:r0=3 0:r1=0\n0:fault=0 0:r0=3 0:r1=3\n");
}

/* ---- Sentences: the question, and what is counted ------------------------------------------------------------------
 */

static void question_binds_not_before_and_before_or(void)
{
	static const struct {
		const char *question;
		bool holds;
	} cases[] = {{"exists (0:r0=1)", false},
		     {"forbidden (0:r0=1)", true},
		     {"exists (~0:r0=1)", true},
		     {"exists (~0:r0=1 /\\ 0:r0=1)", false},
		     {"exists (0:r0=0 \\/ 0:r0=1 /\\ 0:r0=2)", true},
		     {"exists ((0:r0=0 \\/ 0:r0=1) /\\ 0:r0=2)", false},
		     {"forbidden (~~0:r0=0)", false}};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct litmus_result result;
		char text[256];

		snprintf(text, sizeof(text), FRAME("x at 0;", "P0 ;\nuld r0,x ;", "%s"), cases[i].question);
		CU_ASSERT_TRUE_FATAL(read_text(text));
		CU_ASSERT_STRING_EQUAL(test.condition, cases[i].question);
		CU_ASSERT_TRUE_FATAL(litmus_explore(&test, false, &result, why, sizeof(why)));
		CU_ASSERT_EQUAL(result.holds, cases[i].holds);
		CU_ASSERT_EQUAL(result.runs, 1);
		CU_ASSERT_EQUAL(result.witnesses, cases[i].question[0] == 'e' ? cases[i].holds : !cases[i].holds);
		litmus_result_fini(&result);
	}
}

/* A line of which a load may see any of 16 contents is more than is kept: one store more and the answer is not whole.
 */
static void history_that_is_cut_short_makes_the_result_incomplete(void)
{
	char text[1024];
	size_t used;

	for (unsigned int stores = 15; stores <= 16; stores++) {
		struct litmus_result result;

		used = (size_t)snprintf(text, sizeof(text), HEAD "{ x at 0; }\nP0 | P1 ;\n");
		for (unsigned int i = 0; i < stores; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "ust x,%u | %s ;\n", i + 1,
						 i ? "" : "ld r0,x");
		snprintf(text + used, sizeof(text) - used, "exists (1:r0=0)\n");
		CU_ASSERT_TRUE_FATAL(read_text(text));
		CU_ASSERT_TRUE_FATAL(litmus_explore(&test, false, &result, why, sizeof(why)));
		CU_ASSERT_EQUAL(result.complete, stores == 15);
		litmus_result_fini(&result);
	}
}

/* ---- Sentences: fewer schedules, the same outcomes -----------------------------------------------------------------
 */

static const char *const random_states[] = {"",
					    "P0: buffer=1;",
					    "P0: buffer=2; P1: buffer=1;",
					    "P0: buffer=3; P1: buffer=2;",
					    "P0: buffer=3; P1: buffer=2; peripherals=2;",
					    "P1: iommu=after;",
					    "P1: cluster=P0 buffer=1; P0: buffer=2;",
					    "P0: iommu=before buffer=2;"};

/* `agents`: bit n, agent n may have it. The doorbell M is from P0 to P1. */
static const struct {
	const char *op;
	enum { NOTHING, LINE, REGISTER_AND_LINE, LINE_AND_VALUE } operands;
	unsigned int agents;
} random_forms[] = {
	{"ld", REGISTER_AND_LINE, 7},
	{"uld", REGISTER_AND_LINE, 7},
	{"st", LINE_AND_VALUE, 7},
	{"ust", LINE_AND_VALUE, 7},
	{"ust", LINE_AND_VALUE, 7},
	{"dld", REGISTER_AND_LINE, 7},
	{"dst", LINE_AND_VALUE, 7},
	{"dst", LINE_AND_VALUE, 7},
	{"clean", LINE, 7},
	{"inv", LINE, 7},
	{"flush", LINE, 7},
	{"dmb", NOTHING, 7},
	{"dmb", NOTHING, 7},
	{"dsb", NOTHING, 7},
	{"clean.all", NOTHING, 4},
	{"kick M", NOTHING, 1},
	{"wait M", NOTHING, 2},
	{"poll r8,M", NOTHING, 2},
};
#define FORMS (sizeof(random_forms) / sizeof(random_forms[0]))

static void random_instruction(uint64_t *random, unsigned int agent, unsigned int step, char *text, size_t size)
{
	const char *variable = random_below(random, 2) ? "x" : "y";
	size_t form;

	do {
		form = random_below(random, FORMS);
	} while (!(random_forms[form].agents & 1u << agent));
	switch (random_forms[form].operands) {
	case NOTHING:
		snprintf(text, size, "%s", random_forms[form].op);
		return;
	case LINE:
		snprintf(text, size, "%s %s", random_forms[form].op, variable);
		return;
	case REGISTER_AND_LINE:
		snprintf(text, size, "%s r%u,%s", random_forms[form].op, step, variable);
		return;
	case LINE_AND_VALUE:
		snprintf(text, size, "%s %s,%u", random_forms[form].op, variable, 10 * agent + step + 1);
		return;
	}
}

static void random_text(uint64_t *random, char *text, size_t size)
{
	unsigned int agents = random_below(random, 4) ? 2 : 3, steps = agents == 2 ? 4 : 2;
	size_t used = (size_t)snprintf(
		text, size, HEAD "{ %s x at 0; y at %u; M: doorbell P0 P1%s; }\nP0 | P1 %s;\nld r9,x | uld r9,y %s;\n",
		random_states[random_below(random, sizeof(random_states) / sizeof(random_states[0]))],
		random_below(random, 4) ? 64 : 4, random_below(random, 4) ? "" : " lossy", agents > 2 ? "| P2" : "",
		agents > 2 ? "| uld r9,x" : "");

	for (unsigned int step = 0; step < steps; step++)
		for (unsigned int agent = 0; agent < agents; agent++) {
			char instruction[32] = "";

			if (agent == 0 || step + agent < 4)
				random_instruction(random, agent, step, instruction, sizeof(instruction));
			used += (size_t)snprintf(text + used, size - used, "%s %s\n", instruction,
						 agent + 1 < agents ? "|" : ";");
		}
	snprintf(text + used, size - used, "exists (0:r9=0)\n");
}

/* Returns the runs that were made. */
static uint64_t compare_schedules(const char *text)
{
	struct litmus_result all, some;
	bool same;

	if (!read_text(text))
		fprintf(stderr, "\n%s%s\n", text, why);
	CU_ASSERT_TRUE_FATAL(read_text(text));
	CU_ASSERT_TRUE_FATAL(litmus_explore(&test, true, &all, why, sizeof(why)));
	CU_ASSERT_TRUE_FATAL(litmus_explore(&test, false, &some, why, sizeof(why)));
	CU_ASSERT_TRUE(all.complete && some.complete);
	CU_ASSERT_TRUE(some.runs <= all.runs);
	same = all.outcomes == some.outcomes;
	for (unsigned int i = 0; same && i < all.outcomes; i++)
		same = memcmp(&all.outcome[i].state, &some.outcome[i].state, sizeof(all.outcome[i].state)) == 0;
	if (!same)
		fprintf(stderr, "\n%s: %u outcomes with every schedule, %u without\n", text, all.outcomes,
			some.outcomes);
	CU_ASSERT_TRUE(same);
	litmus_result_fini(&all);
	litmus_result_fini(&some);
	return all.runs + some.runs;
}

/* What is forced out of a buffer, and what that takes along, is seen by others in between. */
static void steps_that_force_entries_out_meet_who_looks_for_them(void)
{
	compare_schedules(FRAME("P0: buffer=2; x at 0; y at 64; Q: fifo P0 P2 depth=1;",
				"P0 | P1 | P2 ;\ndst x,1 | uld r0,y | pop r0,Q ;\ndst y,1 | | uld r1,x ;\n"
				"push r0,Q,1 | | ;", "exists (1:r0=1)"));
	compare_schedules(FRAME("P0: buffer=2; x at 0; y at 64;",
				"P0 | P1 ;\nust x,1 | uld r0,y ;\nust y,1 | uld r1,x ;\ndsb | ;\nuld r2,y | ;",
				"exists (1:r0=1)"));
	compare_schedules(FRAME("P0: line=32 buffer=4; x at 0; z at 32; y at 64;",
				"P0 | P1 | P2 ;\nust x,1 | uld r0,y | uld r0,z ;\nust z,1 | | uld r1,x ;\ndmb | | "
				";\nust y,1 | | ;\nust z,2 | | ;",
				"exists (1:r0=1)"));
}

/* An operation is a run, of some ten steps. */
static void steps_that_do_not_meet_need_one_order(void)
{
	uint64_t random = 1, operations = 0;
	char text[1024];

	while (operations < random_operations()) {
		random_text(&random, text, sizeof(text));
		operations += compare_schedules(text);
	}
}

static CU_TestInfo sentences[] = {SENTENCE(text_without_its_frame_is_refused),
				  SENTENCE(file_that_cannot_be_read_is_refused),
				  SENTENCE(agent_that_cannot_be_is_refused),
				  SENTENCE(variable_that_cannot_be_is_refused),
				  SENTENCE(peripherals_that_cannot_be_are_refused),
				  SENTENCE(mailbox_that_cannot_be_is_refused),
				  SENTENCE(rows_that_cannot_be_are_refused),
				  SENTENCE(instruction_of_the_wrong_agent_is_refused),
				  SENTENCE(question_that_no_outcome_answers_is_refused),
				  SENTENCE(uncached_message_passing_is_in_order),
				  SENTENCE(store_buffer_takes_the_order_of_message_passing),
				  SENTENCE(store_buffers_let_both_loads_pass_both_stores),
				  SENTENCE(device_stores_keep_their_order_at_one_peripheral_and_only_there),
				  SENTENCE(device_load_makes_own_stores_to_its_peripheral_leave),
				  SENTENCE(stores_that_may_be_merged_are_seen_at_once_and_apart),
				  SENTENCE(cached_message_passing_needs_both_clean_and_invalidate),
				  SENTENCE(cores_of_one_cluster_are_coherent),
				  SENTENCE(whole_line_goes_back_over_the_neighbour),
				  SENTENCE(crash_loses_what_was_not_cleaned_or_had_been_written_back),
				  SENTENCE(doorbell_loses_or_doubles_only_what_it_may),
				  SENTENCE(fifo_of_one_refuses_until_it_is_read),
				  SENTENCE(unmapped_page_is_reached_until_the_iotlb_is_invalidated),
				  SENTENCE(question_binds_not_before_and_before_or),
				  SENTENCE(history_that_is_cut_short_makes_the_result_incomplete),
				  SENTENCE(steps_that_force_entries_out_meet_who_looks_for_them),
				  SENTENCE(steps_that_do_not_meet_need_one_order),
				  CU_TEST_INFO_NULL};

int main(void)
{
	int status;

	if (!mkdtemp(directory))
		return 1;
	status = sentences_run("litmus", sentences);
	rmdir(directory);
	return status;
}
