/* SPDX-License-Identifier: BSD-3-Clause */
/* What a litmus test's runs found, for people (as herd prints it) and as JSON; see litmus.h. */
#include <string.h>

#include "models/litmus/litmus.h"

/* Names in the order of an outcome's text: a fault, then registers. */
static void print_value(char *text, size_t size, unsigned int agent, unsigned int reg, uint8_t value)
{
	size_t used = strlen(text);

	if (reg == LITMUS_FAULT)
		snprintf(text + used, size - used, "%s%u:fault=%u", used ? " " : "", agent, value);
	else
		snprintf(text + used, size - used, "%s%u:r%u=%u", used ? " " : "", agent, reg, value);
}

void litmus_state_print(const struct litmus *test, const struct litmus_state *state, char *text, size_t size)
{
	*text = '\0';
	for (unsigned int id = 0; id < test->agents; id++) {
		uint32_t told = test->agent[id].registers;

		if (told & 1u << LITMUS_FAULT)
			print_value(text, size, id, LITMUS_FAULT, state->value[id][LITMUS_FAULT]);
		for (unsigned int reg = 0; reg < LITMUS_REGISTERS; reg++)
			if (told & 1u << reg)
				print_value(text, size, id, reg, state->value[id][reg]);
	}
}

void litmus_print(const struct litmus *test, const struct litmus_result *result, FILE *out)
{
	char text[512];

	fprintf(out, "Test %s\nStates %u\n", test->name, result->outcomes);
	for (unsigned int i = 0; i < result->outcomes; i++) {
		litmus_state_print(test, &result->outcome[i].state, text, sizeof(text));
		fprintf(out, "%llu %s\n", (unsigned long long)result->outcome[i].count, text);
	}
	fprintf(out, "Witnesses\nPositive: %llu Negative: %llu\nCondition %s\n%s\n",
		(unsigned long long)result->witnesses, (unsigned long long)(result->runs - result->witnesses),
		test->condition, result->holds ? "Ok" : "No");
	if (!result->complete)
		fprintf(out, "Incomplete: %llu histories were cut short, or a question had too many options\n",
			(unsigned long long)result->capped);
}

static void print_text(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned int)(unsigned char)*text);
		else
			fputc(*text, out);
	fputc('"', out);
}

void litmus_print_json(const struct litmus *test, const struct litmus_result *result, FILE *out)
{
	char text[512];

	fputs("{\"test\":", out);
	print_text(test->name, out);
	fputs(",\"outcomes\":[", out);
	for (unsigned int i = 0; i < result->outcomes; i++) {
		litmus_state_print(test, &result->outcome[i].state, text, sizeof(text));
		fprintf(out, "%s{\"state\":\"%s\",\"count\":%llu}", i ? "," : "", text,
			(unsigned long long)result->outcome[i].count);
	}
	fprintf(out, "],\"runs\":%llu,\"capped\":%llu,\"complete\":%s,\"condition\":", (unsigned long long)result->runs,
		(unsigned long long)result->capped, result->complete ? "true" : "false");
	print_text(test->condition, out);
	fprintf(out, ",\"holds\":%s}\n", result->holds ? "true" : "false");
}
