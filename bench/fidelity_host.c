/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end that measures: so many round trips after a warm-up, of notifications in interrupt handlers or of messages
 * from a task, and prints "latency PICOSECONDS": half a round trip's time, on average. The other end is fidelity_remote.c.
 */
#include "bench/fidelity_link.h"

static struct link_setup setup;
static uint64_t began, ended;
static uint32_t round_trips;
static volatile bool done;
static uint8_t message[LINK_BYTES_MAX], answer[LINK_BYTES_MAX];

static void count_round_trip(void)
{
	if (round_trips == setup.warm_up)
		began = hw_time_ns();
	if (round_trips == setup.warm_up + setup.rounds)
		ended = hw_time_ns();
	round_trips++;
}

static void on_notification(uint32_t value)
{
	count_round_trip();
	if (ended)
		done = true;
	else
		link_notify(value + 1);
}

static void measure_notify(void)
{
	link_on_notification(on_notification);
	link_notify(0);
	kernel_idle_until(&done);
}

static int measure_rpmsg(void)
{
	for (uint32_t i = 0; i < setup.bytes; i++)
		message[i] = (uint8_t)(i * 7 + 1);
	while (!ended) {
		count_round_trip();
		if (ended)
			break;
		link_send(message, setup.bytes);
		if (link_receive(answer) != setup.bytes)
			return 4;
	}
	for (uint32_t i = 0; i < setup.bytes; i++)
		if (answer[i] != message[i])
			return 5;
	return 0;
}

static void print_latency(uint64_t picoseconds)
{
	char text[40] = "latency ", digits[24];
	size_t n = 8, count = 0;

	do {
		digits[count++] = (char)('0' + picoseconds % 10);
		picoseconds /= 10;
	} while (picoseconds);
	while (count)
		text[n++] = digits[--count];
	text[n++] = '\n';
	hw_console_write(text, n);
}

int sbesim_main(int argc, char **argv)
{
	int rc = 0;

	(void)argc;
	(void)argv;
	if (!link_setup_read(&setup))
		return 1;
	if (link_open(&setup, 0))
		return 2;
	if (hw_remote_start())
		return 3;
	if (setup.kind == 'n')
		measure_notify();
	else
		rc = measure_rpmsg();
	print_latency((ended - began) * 1000 / (2 * (uint64_t)setup.rounds));
	return rc;
}
