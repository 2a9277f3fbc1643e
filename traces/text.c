/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What text.h promises: one scanner of UTF-8, on which copying and printing are built.
 *
 * It is no Unicode library: code points are checked for range and control characters, for nothing else.
 */
#include "traces/text.h"

#include <stdbool.h>
#include <string.h>

#define PICTURE_DEL 0x21u	/* U+2421; those of C0 are U+2400 .. U+241F */

static bool ascii_allowed(uint8_t c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t';
}

/* Beyond ASCII: C1 ends at U+009F. Surrogates are no characters. */
static bool code_allowed(uint32_t code, uint32_t least)
{
	return code >= least && code > 0x9f && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static size_t sequence_step(const uint8_t *s, size_t size, uint32_t code, uint32_t least)
{
	for (size_t i = 1; i < size; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	return code_allowed(code, least) ? size : 0;
}

size_t trace_text_step(const uint8_t *s, size_t left)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;		/* anything smaller has a shorter form */
	} form[] = {{0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	if (s[0] < 0x80)
		return ascii_allowed(s[0]) ? 1 : 0;
	for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		if ((s[0] & form[i].mask) != form[i].lead)
			continue;
		return i + 2 <= left ? sequence_step(s, i + 2, s[0] & (uint8_t)~form[i].mask, form[i].least)
				     : 0;
	}
	return 0;
}

size_t trace_text_bound(const char *text)
{
	return 3 * strlen(text) + 1;
}

static void replacement_put(uint8_t *to, uint8_t c)
{
	to[0] = 0xe2;
	to[1] = 0x90;
	if (c < 0x20) {
		to[2] = (uint8_t)(0x80 | c);
	} else if (c == 0x7f) {
		to[2] = 0x80 | PICTURE_DEL;
	} else {
		memcpy(to, "\xef\xbf\xbd", 3);
	}
}

uint8_t *trace_text_copy(uint8_t *to, const char *text)
{
	const uint8_t *from = (const uint8_t *)text;
	size_t left = strlen(text);

	while (left) {
		size_t step = trace_text_step(from, left);

		if (step)
			memcpy(to, from, step);
		else
			replacement_put(to, *from);
		to += step ? step : 3;
		from += step ? step : 1;
		left -= step ? step : 1;
	}
	*to++ = 0;
	return to;
}

static void escape_print(FILE *out, uint8_t c)
{
	if (c == '\n')
		fputs("\\n", out);
	else if (c == '\t')
		fputs("\\t", out);
	else if (c >= 0x20 && c < 0x7f)
		fprintf(out, "\\%c", c);
	else
		fprintf(out, "\\x%02x", c);
}

void trace_text_print(FILE *out, const char *text, size_t size, const char *also)
{
	const uint8_t *from = (const uint8_t *)text;

	while (size) {
		size_t step = trace_text_step(from, size);

		if (step == 0 || *from == '\n' || *from == '\t' || strchr(also, *from)) {
			escape_print(out, *from);
			step = 1;
		} else {
			fwrite(from, 1, step, out);
		}
		from += step;
		size -= step;
	}
}
