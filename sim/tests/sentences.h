/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A CUnit program of one suite, whose tests are named as sentences. It has no options and no fixtures: a test sets up
 * what it needs.
 */
#ifndef SIM_TESTS_SENTENCES_H
#define SIM_TESTS_SENTENCES_H

#include <CUnit/Basic.h>
#include <stdio.h>

#define SENTENCE(name) { #name, name }

/* `sentences` ends with CU_TEST_INFO_NULL. What main returns: 0 when all held. */
static inline int sentences_run(const char *suite, CU_TestInfo *sentences)
{
	char name[64];
	CU_SuiteInfo suites[] = { { name, NULL, NULL, NULL, NULL, sentences }, CU_SUITE_INFO_NULL };
	unsigned int failures;

	snprintf(name, sizeof(name), "%s", suite);
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures != 0;
}

#endif
