/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * remote-shim/libc against the C library of this machine. Its objects are linked with every name prefixed by "hosted_";
 * what they call of the seam and of sim/libc.c is defined below.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <CUnit/Basic.h>

/* ---- What it stands on ------------------------------------------------------------------------------ */

static uint64_t now_ns, slept_ns;
static char console[512];
static int exit_code;
static jmp_buf at_exit;

uint64_t hosted_hw_time_ns(void);
void hosted_hw_sleep_ns(uint64_t ns);
void hosted_hw_console_write(const char *text, size_t size);
void hosted_hw_exit(int code);
int hosted_vprintf(const char *format, va_list args);
int hosted_printf(const char *format, ...);
int hosted_snprintf(char *d, size_t size, const char *format, ...);

uint64_t hosted_hw_time_ns(void)
{
	return now_ns;
}

void hosted_hw_sleep_ns(uint64_t ns)
{
	slept_ns += ns;
}

void hosted_hw_console_write(const char *text, size_t size)
{
	strncat(console, text, size);
}

void hosted_hw_exit(int code)
{
	exit_code = code;
	longjmp(at_exit, 1);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
int hosted_vprintf(const char *format, va_list args)
{
	size_t at = strlen(console);

	return vsnprintf(console + at, sizeof(console) - at, format, args);
}

int hosted_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = hosted_vprintf(format, args);

	va_end(args);
	return length;
}

int hosted_snprintf(char *d, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsnprintf(d, size, format, args);

	va_end(args);
	return length;
}
#pragma GCC diagnostic pop

#define PASS(type, name, parameters, arguments) \
	type hosted_##name parameters; \
	type hosted_##name parameters \
	{ \
		return name arguments; \
	}
PASS(size_t, strlen, (const char *s), (s))
PASS(size_t, strnlen, (const char *s, size_t n), (s, n))
PASS(int, strcmp, (const char *a, const char *b), (a, b))
PASS(int, strncmp, (const char *a, const char *b, size_t n), (a, b, n))
PASS(char *, strchr, (const char *s, int c), (s, c))
PASS(void *, memcpy, (void *d, const void *s, size_t n), (d, s, n))
PASS(void *, memset, (void *d, int c, size_t n), (d, c, n))
PASS(void *, malloc, (size_t n), (n))
PASS(void *, aligned_alloc, (size_t align, size_t n), (align, n))

/* ---- What is tested ----------------------------------------------------------------------------------- */

long hosted_strtol(const char *s, char **end, int base);
unsigned long hosted_strtoul(const char *s, char **end, int base);
int hosted_atoi(const char *s);
char *hosted_strstr(const char *s, const char *wanted);
char *hosted_strrchr(const char *s, int c);
char *hosted_strncat(char *d, const char *s, size_t n);
char *hosted_strdup(const char *s);
char *hosted_strndup(const char *s, size_t n);
size_t hosted_strspn(const char *s, const char *set);
size_t hosted_strcspn(const char *s, const char *set);
char *hosted_strtok_r(char *s, const char *separators, char **rest);
int hosted_strcasecmp(const char *a, const char *b);
int hosted_strncasecmp(const char *a, const char *b, size_t n);
void hosted_qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
void hosted_exit(int code);
int hosted_posix_memalign(void **p, size_t align, size_t size);
int *hosted___errno_location(void);
const char *hosted_strerror(int number);
void hosted_perror(const char *who);
int hosted_fprintf(FILE *stream, const char *format, ...);
int hosted_fputs(const char *s, FILE *stream);
const unsigned short **hosted___ctype_b_loc(void);
const int32_t **hosted___ctype_tolower_loc(void);
const int32_t **hosted___ctype_toupper_loc(void);
int hosted_clock_gettime(clockid_t clock, struct timespec *at);
int hosted_nanosleep(const struct timespec *given, struct timespec *left);
int hosted_getopt(int argc, char *const argv[], const char *options);
extern char *hosted_optarg;
extern int hosted_optind, hosted_optopt;

static uint64_t state = 1;

static size_t any(size_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(state >> 33) % below;
}

static void any_text(char *text, size_t size, const char *letters)
{
	size_t n = any(size);

	for (size_t i = 0; i < n; i++)
		text[i] = letters[any(strlen(letters))];
	text[n] = '\0';
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void numbers_are_read_as_the_system_reads_them(void)
{
	static const char *const edges[] = {
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		"18446744073709551615", "18446744073709551616", "-1", "0x", "0xg", "-0x1F", "  +12z", "", "-", "08", "0",
	};
	char text[24];

	for (unsigned int round = 0; round < 20000; round++) {
		char *end, *hosted_end;
		int base = (const int[]){ 0, 8, 10, 16, 2, 36 }[any(6)];

		any_text(text, sizeof(text), " \t-+0123456789xXaAfFzZ");
		if (round < sizeof(edges) / sizeof(edges[0]))
			strcpy(text, edges[round]);
		errno = *hosted___errno_location() = 0;
		CU_ASSERT_EQUAL(hosted_strtol(text, &hosted_end, base), strtol(text, &end, base));
		CU_ASSERT_PTR_EQUAL(hosted_end, end);
		CU_ASSERT_EQUAL(*hosted___errno_location() == ERANGE, errno == ERANGE);
		CU_ASSERT_EQUAL(hosted_strtoul(text, &hosted_end, base), strtoul(text, &end, base));
		CU_ASSERT_PTR_EQUAL(hosted_end, end);
	}
	CU_ASSERT_EQUAL(hosted_atoi(" -42 apples"), -42);
}

static void strings_are_searched_and_compared_as_the_system_does(void)
{
	char a[12], b[6];

	for (unsigned int round = 0; round < 20000; round++) {
		size_t n = any(8);

		any_text(a, sizeof(a), "aAbB");
		any_text(b, sizeof(b), "aAbB");
		CU_ASSERT_PTR_EQUAL(hosted_strstr(a, b), strstr(a, b));
		CU_ASSERT_PTR_EQUAL(hosted_strrchr(a, b[0]), strrchr(a, b[0]));
		CU_ASSERT_EQUAL(hosted_strspn(a, b), strspn(a, b));
		CU_ASSERT_EQUAL(hosted_strcspn(a, b), strcspn(a, b));
		CU_ASSERT_EQUAL(sign(hosted_strcasecmp(a, b)), sign(strcasecmp(a, b)));
		CU_ASSERT_EQUAL(sign(hosted_strncasecmp(a, b, n)), sign(strncasecmp(a, b, n)));
	}
}

static void strings_are_copied_and_cut_as_the_system_does(void)
{
	char text[24], ours[48], theirs[48];

	for (unsigned int round = 0; round < 5000; round++) {
		size_t n = any(30);
		char *copy, *rest, *hosted_rest, *part, *hosted_part;

		any_text(text, sizeof(text), "ab, ;");
		strcpy(ours, text);
		strcpy(theirs, text);
		CU_ASSERT_STRING_EQUAL(hosted_strncat(ours, text, n), strncat(theirs, text, n));
		copy = hosted_strndup(text, n);
		CU_ASSERT_FATAL(copy && strlen(copy) == strnlen(text, n) && memcmp(copy, text, strlen(copy)) == 0);
		free(copy);
		for (char *at = theirs, *hosted_at = ours;; at = hosted_at = NULL) {
			part = strtok_r(at, ", ;", &rest);
			hosted_part = hosted_strtok_r(hosted_at, ", ;", &hosted_rest);
			CU_ASSERT_FATAL(!part == !hosted_part);
			if (!part)
				break;
			CU_ASSERT_STRING_EQUAL(part, hosted_part);
		}
	}
	char *copy = hosted_strdup("whole");

	CU_ASSERT_STRING_EQUAL(copy, "whole");
	free(copy);
}

static int compare_first(const void *a, const void *b)
{
	return (int)*(const uint8_t *)a - (int)*(const uint8_t *)b;
}

static void sorting_puts_in_order_and_keeps_every_element(void)
{
	uint8_t held[20][3];
	unsigned int sum = 0, after = 0;

	for (unsigned int i = 0; i < 20; i++)
		for (unsigned int k = 0; k < 3; k++)
			sum += (unsigned int)(held[i][k] = (uint8_t)any(200)) * (k + 1);
	hosted_qsort(held, 20, 3, compare_first);
	for (unsigned int i = 0; i < 20; i++) {
		CU_ASSERT(i == 0 || held[i - 1][0] <= held[i][0]);
		for (unsigned int k = 0; k < 3; k++)
			after += (unsigned int)held[i][k] * (k + 1);
	}
	CU_ASSERT_EQUAL(sum, after);
}

static void classes_of_characters_are_those_of_the_C_locale(void)
{
	for (int c = -128; c < 256; c++) {
		CU_ASSERT_EQUAL((*hosted___ctype_b_loc())[c], (*__ctype_b_loc())[c]);
		if (c >= 0 && c < 128) {
			CU_ASSERT_EQUAL((*hosted___ctype_tolower_loc())[c], tolower(c));
			CU_ASSERT_EQUAL((*hosted___ctype_toupper_loc())[c], toupper(c));
		}
	}
}

static void exit_ends_the_program_with_its_code(void)
{
	if (!setjmp(at_exit))
		hosted_exit(7);
	CU_ASSERT_EQUAL(exit_code, 7);
}

static void time_is_the_machines_and_sleeping_takes_it(void)
{
	struct timespec at, wrong = { .tv_nsec = 1000000000 };

	now_ns = 3000000007;
	CU_ASSERT(hosted_clock_gettime(CLOCK_MONOTONIC, &at) == 0 && at.tv_sec == 3 && at.tv_nsec == 7);
	slept_ns = 0;
	at = (struct timespec){ .tv_sec = 2, .tv_nsec = 5 };
	CU_ASSERT_EQUAL(hosted_nanosleep(&at, NULL), 0);
	CU_ASSERT_EQUAL(slept_ns, 2000000005);
	CU_ASSERT_EQUAL(hosted_nanosleep(&wrong, NULL), -1);
	CU_ASSERT_EQUAL(*hosted___errno_location(), EINVAL);
	CU_ASSERT_EQUAL(slept_ns, 2000000005);
}

static void errors_have_the_systems_texts(void)
{
	static const int numbers[] = { 0, EPERM, EAGAIN, EPIPE, EMSGSIZE, ENETRESET, ENOTTY, ETIMEDOUT, 4000 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CU_ASSERT_STRING_EQUAL(hosted_strerror(numbers[i]), strerror(numbers[i]));
	console[0] = '\0';
	*hosted___errno_location() = EAGAIN;
	hosted_perror("read");
	hosted_fprintf(NULL, "%d", 5);
	hosted_fputs("!", NULL);
	CU_ASSERT_STRING_EQUAL(console, "read: Resource temporarily unavailable\n5!");
}

static void aligned_memory_is_aligned_and_wrong_alignments_are_refused(void)
{
	void *p = NULL;

	CU_ASSERT_EQUAL(hosted_posix_memalign(&p, 256, 512), 0);
	CU_ASSERT(p && (uintptr_t)p % 256 == 0);
	free(p);
	CU_ASSERT_EQUAL(hosted_posix_memalign(&p, 24, 512), EINVAL);
	CU_ASSERT_EQUAL(hosted_posix_memalign(&p, 4, 512), EINVAL);
}

/* Both find the same options with the same arguments; glibc is told not to reorder. */
static void options_are_found_as_the_system_finds_them(void)
{
	char words[][8] = { "app", "-a", "-bc", "-d7", "-d", "8", "-x", "-", "-a" };
	char *args[10], *hosted_args[10];
	int c, hosted_c;

	for (unsigned int i = 0; i < 9; i++)
		args[i] = hosted_args[i] = words[i];
	args[9] = hosted_args[9] = NULL;
	opterr = 0;
	optind = 1;
	console[0] = '\0';
	do {
		c = getopt(9, args, "+abcd:");
		hosted_c = hosted_getopt(9, hosted_args, "abcd:");
		CU_ASSERT_EQUAL(hosted_c, c);
		CU_ASSERT_EQUAL(hosted_optind, optind);
		if (c == 'd')
			CU_ASSERT_STRING_EQUAL(hosted_optarg, optarg);
		if (c == '?')
			CU_ASSERT_EQUAL(hosted_optopt, optopt);
	} while (c != -1 && hosted_c != -1);
	CU_ASSERT_EQUAL(hosted_optind, 7);
	CU_ASSERT_STRING_EQUAL(console, "app: invalid option -- 'x'\n");
}

#define SENTENCE(name) { #name, name }
static CU_TestInfo sentences[] = {
	SENTENCE(numbers_are_read_as_the_system_reads_them),
	SENTENCE(strings_are_searched_and_compared_as_the_system_does),
	SENTENCE(strings_are_copied_and_cut_as_the_system_does),
	SENTENCE(sorting_puts_in_order_and_keeps_every_element),
	SENTENCE(classes_of_characters_are_those_of_the_C_locale),
	SENTENCE(exit_ends_the_program_with_its_code),
	SENTENCE(time_is_the_machines_and_sleeping_takes_it),
	SENTENCE(errors_have_the_systems_texts),
	SENTENCE(aligned_memory_is_aligned_and_wrong_alignments_are_refused),
	SENTENCE(options_are_found_as_the_system_finds_them),
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = { { .pName = "libc supplement", .pTests = sentences }, CU_SUITE_INFO_NULL };

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_run_tests();
	unsigned int failures = CU_get_number_of_failures();

	CU_cleanup_registry();
	return failures != 0;
}
