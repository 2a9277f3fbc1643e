/* SPDX-License-Identifier: BSD-3-Clause */
/* getopt of the hosted C library, as POSIX has it: no long options, no reordering. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *optarg;
int optind = 1, opterr = 1, optopt;

static int option_at;	/* inside argv[optind]; 0: at its start */

static void option_next(const char *arg)
{
	if (arg[++option_at])
		return;
	optind++;
	option_at = 0;
}

static int option_refuse(char **argv, const char *options, const char *what)
{
	if (opterr && *options != ':')
		printf("%s: %s -- '%c'\n", argv[0], what, optopt);
	return '?';
}

/* The argument of an option: the rest of its word, or the next word. False: there is none. */
static int option_argument(int argc, char **argv)
{
	optarg = option_at ? argv[optind] + option_at : optind < argc ? argv[optind] : NULL;
	if (optarg)
		optind++;
	option_at = 0;
	return optarg != NULL;
}

int getopt(int argc, char *const argv[], const char *options)
{
	char *const *args = argv;
	const char *arg = optind < argc ? args[optind] : NULL, *known;

	if (!arg || (!option_at && (*arg != '-' || !arg[1])))
		return -1;
	if (!option_at && strcmp(arg, "--") == 0) {
		optind++;
		return -1;
	}
	optarg = NULL;
	if (!option_at)
		option_at = 1;
	optopt = arg[option_at];
	option_next(arg);
	known = optopt == ':' ? NULL : strchr(options, optopt);
	if (!known)
		return option_refuse((char **)args, options, "invalid option");
	if (known[1] == ':' && !option_argument(argc, (char **)args)) {
		int answer = option_refuse((char **)args, options, "option requires an argument");

		return *options == ':' ? ':' : answer;
	}
	return optopt;
}
