/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes of characters of the hosted C library, in the form that glibc's <ctype.h> looks them up. ASCII only. */
#include <ctype.h>
#include <stdint.h>

#define FIRST (-128)
#define CHARACTERS 384

/* -128 .. 255, of which 0 .. 127 are in any class. */
static unsigned short classes[CHARACTERS];
static int32_t lower[CHARACTERS], upper[CHARACTERS];

static int ctype_is(int c, int from, int to)
{
	return c >= from && c <= to;
}

static unsigned short ctype_classes(int c)
{
	int is_upper = ctype_is(c, 'A', 'Z'), is_lower = ctype_is(c, 'a', 'z'), digit = ctype_is(c, '0', '9');
	int alpha = is_upper || is_lower, graph = ctype_is(c, '!', '~');

	return (unsigned short)((is_upper ? _ISupper : 0) | (is_lower ? _ISlower : 0) | (alpha ? _ISalpha : 0) |
				(digit ? _ISdigit : 0) | (alpha || digit ? _ISalnum : 0) |
				(digit || ctype_is(c, 'a', 'f') || ctype_is(c, 'A', 'F') ? _ISxdigit : 0) |
				(c == ' ' || ctype_is(c, '\t', '\r') ? _ISspace : 0) | (graph || c == ' ' ? _ISprint : 0) |
				(graph ? _ISgraph : 0) | (graph && !alpha && !digit ? _ISpunct : 0) |
				(c == ' ' || c == '\t' ? _ISblank : 0) | (ctype_is(c, 0, 31) || c == 127 ? _IScntrl : 0));
}

static void ctype_fill(void)
{
	if (classes['0' - FIRST])
		return;
	for (int c = FIRST; c < FIRST + CHARACTERS; c++) {
		classes[c - FIRST] = ctype_classes(c);
		lower[c - FIRST] = ctype_is(c, 'A', 'Z') ? c + ('a' - 'A') : c;
		upper[c - FIRST] = ctype_is(c, 'a', 'z') ? c - ('a' - 'A') : c;
	}
}

const unsigned short **__ctype_b_loc(void)
{
	static const unsigned short *table = classes - FIRST;

	ctype_fill();
	return &table;
}

const int32_t **__ctype_tolower_loc(void)
{
	static const int32_t *table = lower - FIRST;

	ctype_fill();
	return &table;
}

const int32_t **__ctype_toupper_loc(void)
{
	static const int32_t *table = upper - FIRST;

	ctype_fill();
	return &table;
}

int (tolower)(int c)
{
	return ctype_is(c, 'A', 'Z') ? c + ('a' - 'A') : c;
}

int (toupper)(int c)
{
	return ctype_is(c, 'a', 'z') ? c - ('a' - 'A') : c;
}
