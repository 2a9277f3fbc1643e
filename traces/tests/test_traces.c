/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traces room: what is written is read, what is foreign or broken is refused, and nothing half-written
 * stays.
 *
 * Expected bytes are put together here by the rules of ctf.h's first paragraph and events.def. That CTF is
 * what we think it is, test_babeltrace.c asks libbabeltrace2.
 */
#include "traces/reader.h"
#include "traces/show.h"
#include "traces/sources.h"
#include "traces/tests/sample.h"
#include "traces/text.h"

#include <CUnit/Basic.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Directories and files -------------------------------------------------------------------- */

static char root[SAMPLE_PATH];	/* emptied before each test */
static char why[512];

static void directory_fresh(void)
{
	sample_directory(root);
	*why = 0;
}

static void directory_drop(void)
{
	sample_remove(root);
}

/* root/name; two may be in use at a time. */
static const char *path_in_root(const char *name)
{
	static char paths[2][2 * SAMPLE_PATH];
	static unsigned int next;
	char *path = paths[next++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void file_put(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(path_in_root(name), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(data, 1, size, file), size);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

static char *file_get(const char *name, size_t *size)
{
	FILE *file = fopen(path_in_root(name), "r");
	char *data;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	data = malloc(*size + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(data);
	CU_ASSERT_EQUAL(fread(data, 1, *size, file), *size);
	data[*size] = 0;
	fclose(file);
	return data;
}

/* How many names a directory of root has; -1: there is none. */
static int names_count(const char *name)
{
	DIR *dir = opendir(path_in_root(name));
	const struct dirent *entry;
	int count = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return count;
}

static bool file_exists(const char *name)
{
	return access(path_in_root(name), F_OK) == 0;
}

/* ---- Traces ----------------------------------------------------------------------------------- */

static void event_count(void *ctx, const struct trace_event *event)
{
	(void)event;
	++*(size_t *)ctx;
}

/* A sentence about `what`, without a newline. */
static void why_says(const char *what)
{
	if (!strstr(why, what) || strchr(why, '\n') || !*why) {
		fprintf(stderr, "expected: %s\nseen:     %s\n", what, why);
		CU_FAIL("the sentence is another one");
	}
	*why = 0;
}

static void trace_is_refused(const char *name, const char *what)
{
	size_t events = 0;

	CU_ASSERT_FALSE(trace_read(path_in_root(name), (struct trace_listener){event_count, &events}, why,
				   sizeof(why)));
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT_EQUAL(strncmp(why, root, strlen(root)), 0);
	why_says(what);
}

static struct trace_writer *writer_open(const char *name)
{
	struct trace_writer *writer = trace_writer_open(path_in_root(name), why, sizeof(why));

	CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
	return writer;
}

static void event_tell(struct trace_writer *writer, const struct trace_event *event)
{
	struct trace_listener listener = trace_writer_listener(writer);

	listener.event(listener.ctx, event);
}

static void begin_tell(struct trace_writer *writer)
{
	event_tell(writer, &(struct trace_event){.id = EVENT_run_begin, .run_begin = {"p", "i", "c"}});
}

static void end_tell(struct trace_writer *writer, uint64_t time)
{
	event_tell(writer, &(struct trace_event){.id = EVENT_run_end, .time = time, .run_end = {4, 1}});
}

static void writer_succeeds(struct trace_writer *writer)
{
	CU_ASSERT_TRUE(trace_writer_close(writer, why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(why, "");
}

static void writer_fails(struct trace_writer *writer, const char *what)
{
	CU_ASSERT_FALSE(trace_writer_close(writer, why, sizeof(why)));
	why_says(what);
}

/* ---- Round trips ------------------------------------------------------------------------------ */

struct comparison {
	const struct sample *sample;
	size_t seen, equal;
};

static void comparison_event(void *ctx, const struct trace_event *event)
{
	struct comparison *c = ctx;
	struct trace_event expected;

	sample_event(c->sample, c->seen++, &expected);
	c->equal += sample_equal(&expected, event);
}

static void sample_write(const char *name, const struct sample *sample)
{
	struct trace_writer *writer = writer_open(name);

	sample_emit(sample, trace_writer_listener(writer));
	writer_succeeds(writer);
}

static void sample_survives(const char *name, const struct sample *sample)
{
	struct comparison c = {.sample = sample};

	sample_write(name, sample);
	CU_ASSERT_TRUE(trace_read(path_in_root(name), (struct trace_listener){comparison_event, &c}, why,
				  sizeof(why)));
	CU_ASSERT_EQUAL(c.seen, sample->count);
	CU_ASSERT_EQUAL(c.equal, sample->count);
}

static void every_event_survives_the_round_trip_with_edge_values(void)
{
	static const char *const names[SAMPLE_VARIANTS] = {"least", "greatest", "between"};

	for (unsigned int ends = 0; ends < SAMPLE_VARIANTS; ends++)
		sample_survives(names[ends], &(struct sample){2 + SAMPLE_VARIANTS * (EVENT_COUNT - 2), ends});
}

static void thousands_of_events_cross_packets_and_survive(void)
{
	char *stream;
	size_t size;

	sample_survives("t", &(struct sample){50000, 1});
	stream = file_get("t/stream", &size);
	CU_ASSERT_TRUE(size > 10 * 65536);
	free(stream);
}

static void packet_takes_no_event_that_ends_a_byte_above_its_limit(void)
{
	static uint8_t block[65535];
	struct trace_event image = {.id = EVENT_image, .image = {0, "", {65536 - 56 - 15 - 13 + 1, block}}};
	struct trace_writer *writer = writer_open("t");
	char *stream;
	size_t size;

	begin_tell(writer);
	event_tell(writer, &image);
	end_tell(writer, 0);
	writer_succeeds(writer);
	stream = file_get("t/stream", &size);
	CU_ASSERT_EQUAL(memcmp(stream + 56 + 15, "\xc1\x1f\xfc\xc1", 4), 0);
	free(stream);
}

static void packets_are_full_but_never_above_their_limit(void)
{
	static uint8_t block[65535];
	struct trace_event image = {.id = EVENT_image, .image = {0, "", {40000, block}}};
	struct trace_writer *writer = writer_open("t");
	char *stream;
	size_t size;

	begin_tell(writer);
	event_tell(writer, &image);
	event_tell(writer, &image);
	/*
	 * 56 + 15 + 40013 are in the first packet; the second has 56 + 40013, and 25467 are free: 25454
	 * and 13.
	 */
	image.image.build_id.size = 25454;
	event_tell(writer, &image);
	end_tell(writer, 0);
	writer_succeeds(writer);
	stream = file_get("t/stream", &size);
	CU_ASSERT_EQUAL(size, 40084 + 65536 + 56 + 21);
	CU_ASSERT_EQUAL(memcmp(stream + 40084, "\xc1\x1f\xfc\xc1", 4), 0);
	CU_ASSERT_EQUAL(memcmp(stream + 40084 + 65536, "\xc1\x1f\xfc\xc1", 4), 0);
	free(stream);
}

static void event_larger_than_a_packet_has_one_of_its_own(void)
{
	enum { SIZE = 200000 };
	static char text[SIZE + 1];
	struct trace_event console = {.id = EVENT_console, .console = {1, text}};
	struct trace_writer *writer = writer_open("t");
	size_t events = 0, size;

	memset(text, 'x', SIZE);
	begin_tell(writer);
	event_tell(writer, &console);
	end_tell(writer, 0);
	writer_succeeds(writer);
	CU_ASSERT_TRUE(trace_read(path_in_root("t"), (struct trace_listener){event_count, &events}, why,
				  sizeof(why)));
	CU_ASSERT_EQUAL(events, 3);
	free(file_get("t/stream", &size));
	CU_ASSERT_EQUAL(size, 56 + 15 + 56 + 9 + 1 + SIZE + 1 + 56 + 21);
}

static void equal_events_give_equal_files(void)
{
	static const char *const files[] = {"stream", "metadata"};
	char *first, *second, name[2][16];
	size_t first_size, second_size;

	sample_write("a", &(struct sample){5000, 2});
	sample_write("b", &(struct sample){5000, 2});
	for (size_t i = 0; i < 2; i++) {
		snprintf(name[0], sizeof(name[0]), "a/%s", files[i]);
		snprintf(name[1], sizeof(name[1]), "b/%s", files[i]);
		first = file_get(name[0], &first_size);
		second = file_get(name[1], &second_size);
		CU_ASSERT_EQUAL_FATAL(first_size, second_size);
		CU_ASSERT_EQUAL(memcmp(first, second, first_size), 0);
		free(first);
		free(second);
	}
}

static void text_keep(void *ctx, const struct trace_event *event)
{
	if (event->id == EVENT_console)
		snprintf(ctx, 128, "%s", event->console.text);
}

static void what_is_no_text_is_recorded_as_pictures(void)
{
	struct trace_writer *writer = writer_open("t");
	char seen[128] = "";

	begin_tell(writer);
	event_tell(
		writer,
		&(struct trace_event){
			.id = EVENT_console,
			.console = {0, "ok\r\n\x1b[31m\x7f \xc2\x9b \xff \xc0\xaf \xed\xa0\x80 \xe2\x82"}});
	end_tell(writer, 0);
	writer_succeeds(writer);
	CU_ASSERT_TRUE(
		trace_read(path_in_root("t"), (struct trace_listener){text_keep, seen}, why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(seen, "ok␍\n␛[31m␡ �� � �� ��� ��");
}

/* ---- The stream, byte by byte ----------------------------------------------------------------- */

struct stream {
	uint8_t data[512];
	size_t size;
};

static void value_put(struct stream *s, size_t at, unsigned int bytes, uint64_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		s->data[at + i] = (uint8_t)(value >> 8 * i);
	s->size = at + bytes > s->size ? at + bytes : s->size;
}

static void event_put(struct stream *s, enum trace_id id, uint64_t time)
{
	value_put(s, s->size, 1, id);
	value_put(s, s->size, 8, time);
}

/* Offsets into the stream of stream_make. */
enum {
	AT_MAGIC = 0,
	AT_STREAM_ID = 4,
	AT_BEGIN = 8,
	AT_END = 16,
	AT_CONTENT = 24,
	AT_SIZE = 32,
	AT_DISCARDED = 40,
	AT_SEQUENCE = 48,
	AT_RUN_BEGIN = 56,
	AT_REGION = 71,
	AT_NAME = 80,
	AT_KIND = 84,
	AT_STORE = 101,
	AT_COUNT = 127,
	AT_RUN_END = 131,
	STREAM_SIZE = 152,
};

static void sizes_put(struct stream *s, size_t size)
{
	s->size = size;
	value_put(s, AT_CONTENT, 8, 8 * size);
	value_put(s, AT_SIZE, 8, 8 * size);
}

static struct stream stream_make(void)
{
	struct stream s = {.size = AT_RUN_BEGIN};

	value_put(&s, AT_MAGIC, 4, 0xC1FC1FC1);
	value_put(&s, AT_BEGIN, 8, 3);
	value_put(&s, AT_END, 8, 10);
	event_put(&s, EVENT_run_begin, 3);
	value_put(&s, s.size, 6, 'p' | 'i' << 16 | (uint64_t)'c' << 32);
	event_put(&s, EVENT_region, 5);
	value_put(&s, s.size, 4, 'a' | 'b' << 8 | 'c' << 16);
	value_put(&s, s.size, 1, TRACE_REGION_KIND_DATA);
	value_put(&s, s.size, 8, 0x3ed40000);
	value_put(&s, s.size, 8, 0x4000);
	event_put(&s, EVENT_store, 10);
	value_put(&s, s.size, 1, 1);
	value_put(&s, s.size, 8, 0x3ed40002);
	value_put(&s, s.size, 8, 0x1234);
	value_put(&s, s.size, 2, 2);
	value_put(&s, s.size, 2, 0xbeef);
	event_put(&s, EVENT_run_end, 10);
	value_put(&s, s.size, 8, 4);
	value_put(&s, s.size, 4, 1);
	sizes_put(&s, s.size);
	return s;
}

/* Validated in a block of exactly its size, so that a sanitizer sees a read past the end. */
static bool stream_accepted(const struct stream *s)
{
	size_t events = 0;
	uint8_t *data = malloc(s->size ? s->size : 1);
	bool accepted;

	CU_ASSERT_PTR_NOT_NULL_FATAL(data);
	memcpy(data, s->data, s->size);
	accepted = trace_read_buffer(data, s->size, "s", (struct trace_listener){event_count, &events}, why,
				     sizeof(why));
	CU_ASSERT_TRUE(accepted ? events >= 2 : events == 0 && *why);
	free(data);
	return accepted;
}

static void stream_is_refused(const struct stream *s, const char *what)
{
	CU_ASSERT_FALSE(stream_accepted(s));
	why_says(what);
}

static void the_writer_puts_each_byte_where_the_format_says(void)
{
	static const uint8_t bytes[] = {0xef, 0xbe};
	struct stream s = stream_make();
	struct trace_writer *writer = writer_open("t");
	char *seen;
	size_t size;

	CU_ASSERT_EQUAL(s.size, STREAM_SIZE);
	event_tell(writer, &(struct trace_event){.id = EVENT_run_begin, .time = 3, .run_begin = {"p", "i", "c"}});
	event_tell(writer,
		   &(struct trace_event){.id = EVENT_region,
					 .time = 5,
					 .region = {"abc", TRACE_REGION_KIND_DATA, 0x3ed40000, 0x4000}});
	event_tell(writer, &(struct trace_event){
			.id = EVENT_store, .time = 10, .store = {1, 0x3ed40002, 0x1234, {2, bytes}}});
	end_tell(writer, 10);
	writer_succeeds(writer);
	seen = file_get("t/stream", &size);
	CU_ASSERT_EQUAL(size, s.size);
	CU_ASSERT_EQUAL(memcmp(seen, s.data, s.size), 0);
	free(seen);
}

static void each_broken_field_is_refused_with_its_own_sentence(void)
{
	static const struct {
		size_t at;
		unsigned int bytes;
		uint64_t value;
		const char *what;
	} faults[] = {
		{AT_MAGIC, 4, 0xC1FC1FC0,
		 "packet 0, byte 0: the packet's magic is 0xc1fc1fc0, expected 0xc1fc1fc1"},
		{AT_STREAM_ID, 4, 1, "stream_id is 1, expected 0"},
		{AT_BEGIN, 8, 2, "timestamp_begin is 2, expected 3"},
		{AT_END, 8, 11, "timestamp_end is 11, expected 10"},
		{AT_CONTENT, 8, 8 * STREAM_SIZE - 1, "content_size is 1215 bits"},
		{AT_CONTENT, 8, 8 * 56, "content_size is 448 bits"},
		{AT_CONTENT, 8, 0, "content_size is 0 bits"},
		{AT_CONTENT, 8, 8 * STREAM_SIZE + 8, "cut short: the packet has 153 bytes, 152 are left"},
		{AT_CONTENT, 8, UINT64_MAX - 7,
		 "cut short: the packet has 2305843009213693951 bytes, 152 are left"},
		{AT_CONTENT, 8, 8 * STREAM_SIZE - 8, "packet_size is 1216, expected 1208"},
		{AT_SIZE, 8, 8 * STREAM_SIZE + 8, "packet_size is 1224, expected 1216"},
		{AT_DISCARDED, 8, 7, "7 events were discarded"},
		{AT_SEQUENCE, 8, 1, "packet_seq_num is 1, expected 0"},
		{AT_RUN_BEGIN, 1, EVENT_console, "console is the first event, expected run.begin"},
		{AT_STORE, 1, EVENT_run_begin, "run.begin is event 2, expected as event 0 only"},
		{AT_STORE, 1, EVENT_run_end, "30 bytes follow run.end in its packet, expected none"},
		{AT_STORE, 1, EVENT_COUNT, "the last one known is"},
		{AT_STORE, 1, 255, "event id 255"},
		{AT_STORE + 1, 8, 4,
		 "store has time 4 ps, expected at least the 5 ps of the event before it"},
		{AT_RUN_END + 1, 8, 9, "run.end has time 9 ps, expected at least the 10 ps"},
		{AT_NAME, 1, 0x1b, "byte 80: region.name has byte 0x1b after 0 bytes, expected UTF-8"},
		{AT_NAME + 1, 1, '\r', "region.name has byte 0x0d after 1 bytes"},
		{AT_NAME + 2, 1, 0x7f, "region.name has byte 0x7f after 2 bytes"},
		{AT_NAME + 2, 1, 0xc3, "region.name has byte 0xc3 after 2 bytes"},
		{AT_NAME, 2, 0x80c2, "region.name has byte 0xc2 after 0 bytes"},
		{AT_NAME, 2, 0x81c1, "region.name has byte 0xc1 after 0 bytes"},
		{AT_NAME, 2, 0x9fc2, "region.name has byte 0xc2 after 0 bytes"},
		{AT_NAME, 3, 0xa082e0, "region.name has byte 0xe0 after 0 bytes"},
		{AT_NAME, 3, 0x80a0ed, "region.name has byte 0xed after 0 bytes"},
		{AT_KIND, 1, 4, "region.kind has value 4, enum region_kind ends with 3"},
		{AT_KIND, 1, 255, "region.kind has value 255"},
		{AT_COUNT, 2, 24, "store.bytes takes 24 bytes, 23 are left in the packet"},
		{AT_COUNT, 2, 65535, "store.bytes takes 65535 bytes, 23 are left in the packet"},
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct stream s = stream_make();

		value_put(&s, faults[i].at, faults[i].bytes, faults[i].value);
		stream_is_refused(&s, faults[i].what);
	}
}

static void what_is_just_allowed_is_accepted(void)
{
	static const struct {
		size_t at;
		unsigned int bytes;
		uint64_t value;
	} edges[] = {
		{AT_KIND, 1, 3},	{AT_STORE + 1, 8, 5},	{AT_NAME, 2, '\n' | '\t' << 8},
		{AT_NAME, 1, ' '},	{AT_NAME, 1, '~'},	{AT_NAME, 2, 0xa0c2},
		{AT_NAME, 3, 0xbf9fed}, {AT_NAME, 3, 0x8080ee},
	};

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct stream s = stream_make();

		value_put(&s, edges[i].at, edges[i].bytes, edges[i].value);
		CU_ASSERT_TRUE(stream_accepted(&s));
	}
}

static void no_prefix_of_a_stream_is_accepted(void)
{
	struct stream s = stream_make();

	for (s.size = 0; s.size < STREAM_SIZE; s.size++)
		CU_ASSERT_FALSE(stream_accepted(&s));
	s.size = 0;
	stream_is_refused(&s, "cut short: after 0 bytes it ends with no event, expected run.end");
	s.size = 55;
	stream_is_refused(&s, "cut short: a packet's header takes 56 bytes, 55 are left");
	s.size = STREAM_SIZE - 1;
	stream_is_refused(&s, "cut short: the packet has 152 bytes, 151 are left");
}

static void no_cut_packet_is_accepted(void)
{
	for (size_t size = 0; size < STREAM_SIZE; size++) {
		struct stream s = stream_make();

		sizes_put(&s, size < 56 ? 56 : size);
		s.size = size < 56 ? 56 : size;
		CU_ASSERT_FALSE(stream_accepted(&s));
	}
}

static void packet_that_ends_inside_an_event_is_refused(void)
{
	struct stream s = stream_make();

	sizes_put(&s, AT_NAME + 2);
	stream_is_refused(&s, "region.name has no NUL in the 2 bytes that are left in the packet");
	s = stream_make();
	sizes_put(&s, AT_NAME - 1);
	stream_is_refused(&s, "an event's header takes 9 bytes, 8 are left in the packet");
	s = stream_make();
	sizes_put(&s, AT_KIND + 4);
	stream_is_refused(&s, "region.start takes 8 bytes, 3 are left in the packet");
	s = stream_make();
	sizes_put(&s, AT_RUN_END);
	stream_is_refused(&s, "cut short: after 131 bytes it ends with store, expected run.end");
}

static void bytes_after_the_end_are_refused(void)
{
	struct stream s = stream_make();

	value_put(&s, STREAM_SIZE, 1, 0);
	stream_is_refused(&s, "packet 1, byte 152: 1 bytes follow run.end, expected none");
	value_put(&s, STREAM_SIZE, 4, 0xC1FC1FC1);
	s.size = 2 * STREAM_SIZE;
	stream_is_refused(&s, "152 bytes follow run.end, expected none");
	s = stream_make();
	value_put(&s, STREAM_SIZE, 1, 0);
	sizes_put(&s, STREAM_SIZE + 1);
	stream_is_refused(&s, "1 bytes follow run.end in its packet, expected none");
}

static void no_flipped_bit_does_harm(void)
{
	for (size_t bit = 0; bit < 8 * STREAM_SIZE; bit++) {
		struct stream s = stream_make();

		s.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		stream_accepted(&s);
		*why = 0;
	}
}

static void fault_late_in_a_stream_is_found_before_the_first_event_is_told(void)
{
	static const uint8_t nothing = 0;
	char *stream;
	size_t size;

	sample_write("t", &(struct sample){20000, 0});
	stream = file_get("t/stream", &size);
	/* The last event is run.end, 21 bytes: its time, the end of all times, becomes 0. */
	for (size_t i = 0; i < 8; i++)
		memcpy(stream + size - 20 + i, &nothing, 1);
	file_put("t/stream", stream, size);
	trace_is_refused("t", "run.end has time 0 ps");
	free(stream);
}

/* ---- Directories that are no trace ------------------------------------------------------------ */

static void what_is_no_directory_is_refused(void)
{
	trace_is_refused("absent", "absent: cannot be read: No such file or directory");
	file_put("file", "x", 1);
	trace_is_refused("file", "file: is not a directory, expected the directory of a trace");
}

static void directory_without_metadata_is_refused(void)
{
	sample_write("t", &(struct sample){100, 0});
	unlink(path_in_root("t/metadata"));
	trace_is_refused("t", "t/metadata: is missing: this is no trace, or one whose recording did not end");
}

static void foreign_metadata_is_refused(void)
{
	char *text;
	size_t size;

	sample_write("t", &(struct sample){100, 0});
	text = file_get("t/metadata", &size);
	file_put("t/metadata", text, size - 1);
	trace_is_refused(
		"t",
		"is not what this version of sbesim writes: the trace is foreign, or of another version");
	file_put("t/metadata", text, 0);
	trace_is_refused("t", "t/metadata: line 1 (byte 0) is not what this version");
	file_put("t/metadata", text, size + 1);
	trace_is_refused("t", "is not what this version");
	text[strlen("/* CTF 1.8 */\n\nc")] ^= 1;
	file_put("t/metadata", text, size);
	trace_is_refused("t", "t/metadata: line 3 (byte 16) is not what this version");
	free(text);
}

static void files_that_are_no_files_are_refused_without_waiting(void)
{
	sample_write("t", &(struct sample){100, 0});
	unlink(path_in_root("t/stream"));
	trace_is_refused("t", "t/stream: is missing");
	CU_ASSERT_EQUAL(mkdir(path_in_root("t/stream"), 0777), 0);
	trace_is_refused("t", "t/stream: is no regular file");
	rmdir(path_in_root("t/stream"));
	CU_ASSERT_EQUAL(mkfifo(path_in_root("t/stream"), 0666), 0);
	trace_is_refused("t", "t/stream: is no regular file");
	unlink(path_in_root("t/stream"));
	file_put("t/stream", "", 0);
	trace_is_refused(
		"t",
		"t/stream: the file is cut short: after 0 bytes it ends with no event, expected run.end");
	unlink(path_in_root("t/metadata"));
	CU_ASSERT_EQUAL(mkfifo(path_in_root("t/metadata"), 0666), 0);
	trace_is_refused("t", "t/metadata: is no regular file");
}

/* ---- What a writer leaves behind -------------------------------------------------------------- */

static void used_directory_is_refused_untouched(void)
{
	char *text;
	size_t size;

	mkdir(path_in_root("t"), 0777);
	file_put("t/notes", "mine", 4);
	CU_ASSERT_PTR_NULL(trace_writer_open(path_in_root("t"), why, sizeof(why)));
	why_says("t: a trace needs an empty directory or none, this one is not empty");
	CU_ASSERT_EQUAL(names_count("t"), 1);
	text = file_get("t/notes", &size);
	CU_ASSERT_STRING_EQUAL(text, "mine");
	free(text);
}

static void recorded_trace_is_not_overwritten(void)
{
	size_t events = 0;

	sample_write("t", &(struct sample){100, 0});
	CU_ASSERT_PTR_NULL(trace_writer_open(path_in_root("t"), why, sizeof(why)));
	why_says("this one is not empty");
	CU_ASSERT_TRUE(trace_read(path_in_root("t"), (struct trace_listener){event_count, &events}, why,
				  sizeof(why)));
	CU_ASSERT_EQUAL(events, 100);
}

static void place_where_no_directory_can_be_is_refused(void)
{
	char *text;
	size_t size;

	file_put("file", "mine", 4);
	CU_ASSERT_PTR_NULL(trace_writer_open(path_in_root("file"), why, sizeof(why)));
	why_says("file: a trace needs an empty directory or none, this cannot be opened as one: Not a "
		 "directory");
	text = file_get("file", &size);
	CU_ASSERT_STRING_EQUAL(text, "mine");
	free(text);
	CU_ASSERT_PTR_NULL(trace_writer_open(path_in_root("absent/t"), why, sizeof(why)));
	why_says("absent/t: cannot be made: No such file or directory");
	CU_ASSERT_FALSE(file_exists("absent"));
}

static void empty_directory_is_taken(void)
{
	mkdir(path_in_root("t"), 0777);
	sample_survives("t", &(struct sample){100, 0});
	CU_ASSERT_EQUAL(names_count("t"), 2);
}

static void unfinished_trace_has_no_final_names(void)
{
	struct trace_writer *writer = writer_open("t");

	sample_emit(&(struct sample){20000, 0}, trace_writer_listener(writer));
	CU_ASSERT_TRUE(names_count("t") > 0);
	CU_ASSERT_FALSE(file_exists("t/stream"));
	CU_ASSERT_FALSE(file_exists("t/metadata"));
	trace_is_refused("t", "t/metadata: is missing");
	writer_succeeds(writer);
	CU_ASSERT_EQUAL(names_count("t"), 2);
}

static void discarded_trace_leaves_nothing(void)
{
	struct trace_writer *writer = writer_open("t");

	sample_emit(&(struct sample){20000, 0}, trace_writer_listener(writer));
	trace_writer_discard(writer);
	CU_ASSERT_EQUAL(names_count("t"), -1);
}

static void directory_that_was_there_stays_when_its_trace_is_discarded(void)
{
	mkdir(path_in_root("t"), 0777);
	trace_writer_discard(writer_open("t"));
	CU_ASSERT_EQUAL(names_count("t"), 0);
}

static void trace_that_would_be_refused_is_not_left(void)
{
	static const struct {
		struct trace_event event;
		const char *what;
	} faults[] = {
		{{.id = EVENT_fairness, .time = 5, .fairness = {1}},
		 "t: fairness has time 5 ps, expected at least the 10 ps of the event before it"},
		{{.id = EVENT_run_begin, .time = 10, .run_begin = {"", "", ""}},
		 "t: run.begin is event 2, expected as event 0 only"},
		{{.id = EVENT_barrier, .time = 10, .barrier = {0, 2, 0}},
		 "t: barrier.kind was emitted with value 2, which enum barrier does not name"},
		{{.id = EVENT_stale, .time = 10, .stale = {.why = 255, .remedy = 255}},
		 "t: fact.stale.why was emitted with value 255, which enum fill does not name"},
		{{.id = EVENT_COUNT, .time = 10}, "was emitted, the last one known is"},
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct trace_writer *writer = writer_open("t");

		begin_tell(writer);
		event_tell(writer, &(struct trace_event){.id = EVENT_fairness, .time = 10});
		event_tell(writer, &faults[i].event);
		end_tell(writer, 20);
		writer_fails(writer, faults[i].what);
		CU_ASSERT_EQUAL(names_count("t"), -1);
	}
}

static void trace_without_its_ends_is_not_left(void)
{
	struct trace_writer *writer = writer_open("t");

	writer_fails(writer, "t: the trace ends with no event, expected run.end");
	CU_ASSERT_EQUAL(names_count("t"), -1);
	writer = writer_open("t");
	begin_tell(writer);
	writer_fails(writer, "t: the trace ends with run.begin, expected run.end");
	CU_ASSERT_EQUAL(names_count("t"), -1);
	writer = writer_open("t");
	end_tell(writer, 0);
	writer_fails(writer, "t: run.end is the first event, expected run.begin");
	CU_ASSERT_EQUAL(names_count("t"), -1);
	writer = writer_open("t");
	begin_tell(writer);
	end_tell(writer, 0);
	end_tell(writer, 0);
	writer_fails(writer, "t: run.end comes after run.end, expected nothing");
	CU_ASSERT_EQUAL(names_count("t"), -1);
}

static void file_size_limit(rlim_t bytes)
{
	struct rlimit limit;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void full_disk_leaves_nothing(void)
{
	struct trace_writer *writer = writer_open("t");

	signal(SIGXFSZ, SIG_IGN);
	file_size_limit(100000);
	sample_emit(&(struct sample){20000, 0}, trace_writer_listener(writer));
	writer_fails(writer, "cannot be written: File too large");
	CU_ASSERT_EQUAL(names_count("t"), -1);
	file_size_limit(1000);
	mkdir(path_in_root("t"), 0777);
	writer = writer_open("t");
	begin_tell(writer);
	end_tell(writer, 0);
	writer_fails(writer, "cannot be written: File too large");
	file_size_limit(RLIM_INFINITY);
	CU_ASSERT_EQUAL(names_count("t"), 0);
}

static void trace_whose_file_was_taken_away_fails(void)
{
	struct trace_writer *writer = writer_open("t");

	begin_tell(writer);
	end_tell(writer, 0);
	sample_remove(path_in_root("t"));
	mkdir(path_in_root("t"), 0777);
	writer_fails(writer, "No such file or directory");
}

/* ---- Text ------------------------------------------------------------------------------------- */

static void prints_as(const struct trace_event *event, const char *expected)
{
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	trace_print(out, event);
	fclose(out);
	CU_ASSERT_STRING_EQUAL(text, expected);
}

static void events_print_as_one_line(void)
{
	static const uint8_t bytes[] = {1, 0};

	prints_as(&(struct trace_event){
			  .id = EVENT_store, .time = 12345678, .store = {0, 0x3ed40000, 0x1234, {2, bytes}}},
		  "   12345.678 ns  store  agent=0 addr=0x3ed40000 pc=0x1234 bytes=01 00");
	prints_as(&(struct trace_event){.id = EVENT_maint,
					.time = 5,
					.maint = {1, TRACE_MAINT_FLUSH, 0x40, 64, 0}},
		  "       0.005 ns  cache.maint  agent=1 op=flush start=0x40 size=64 pc=0x0");
	prints_as(&(struct trace_event){.id = EVENT_choice, .choice = {3, "memory.fill", 3, 1}},
		  "       0.000 ns  choice  index=3 site=\"memory.fill\" options=3 taken=1");
}

static void control_characters_are_printed_escaped(void)
{
	prints_as(&(struct trace_event){.id = EVENT_console,
					.console = {0, "a\r\n\t\"\\\x1b[2J\x7f\xc2\x9b\xff \xc3\xa9"}},
		  "       0.000 ns  console  agent=0 text=\"a\\x0d\\n\\t\\\"\\\\\\x1b[2J\\x7f\\xc2\\x9b\\xff "
		  "\xc3\xa9\"");
	prints_as(&(struct trace_event){.id = EVENT_barrier, .barrier = {0, 9, 1}},
		  "       0.000 ns  barrier  agent=0 kind=?(9) pc=0x1");
}

static void character_that_is_cut_short_is_no_text(void)
{
	const uint8_t euro[] = {0xe2, 0x82, 0xac};

	CU_ASSERT_EQUAL(trace_text_step(euro, 3), 3);
	CU_ASSERT_EQUAL(trace_text_step(euro, 2), 0);
	CU_ASSERT_EQUAL(trace_text_step(euro, 1), 0);
}

static void enum_values_have_their_names(void)
{
	CU_ASSERT_STRING_EQUAL(trace_enum_name("maint", TRACE_MAINT_CLEAN), "clean");
	CU_ASSERT_STRING_EQUAL(trace_enum_name("region_kind", TRACE_REGION_KIND_RESOURCE_TABLE),
			       "resource-table");
	CU_ASSERT_STRING_EQUAL(trace_enum_name("maint", 3), "?");
	CU_ASSERT_STRING_EQUAL(trace_enum_name("maint", 4), "?");
	CU_ASSERT_STRING_EQUAL(trace_enum_name("nothing", 0), "?");
}

static void source_tell(struct trace_listener listener, uint8_t agent, uint64_t pc, uint8_t depth,
			const char *function)
{
	listener.event(listener.ctx, &(struct trace_event){.id = EVENT_source,
							   .source = {agent, pc, depth, 10u + depth,
								      "src/lib/ring.c", function}});
}

static void frames_of_a_pc_are_found_from_the_innermost_outwards(void)
{
	struct trace_sources sources = {0};
	struct trace_listener listener = trace_sources_listener(&sources);
	const struct trace_source *frame;
	size_t count;

	CU_ASSERT_PTR_NULL(trace_sources_find(&sources, 0, 0x10, &count));
	for (unsigned int pc = 2000; pc > 0; pc--)
		source_tell(listener, 1, pc, 0, "other");
	source_tell(listener, 0, 0x10, 1, "outer");
	source_tell(listener, 0, 0x10, 0, "inner");
	source_tell(listener, 0, 0x10, 0, "told twice");
	listener.event(listener.ctx, &(struct trace_event){.id = EVENT_fairness});
	frame = trace_sources_find(&sources, 0, 0x10, &count);
	CU_ASSERT_EQUAL_FATAL(count, 2);
	CU_ASSERT_STRING_EQUAL(frame[0].function, "inner");
	CU_ASSERT_STRING_EQUAL(frame[1].function, "outer");
	CU_ASSERT_EQUAL(frame[1].line, 11);
	CU_ASSERT_PTR_NULL(trace_sources_find(&sources, 0, 0x11, &count));
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_PTR_NOT_NULL(trace_sources_find(&sources, 1, 2000, &count));
	CU_ASSERT_FALSE(sources.failed);
	trace_sources_free(&sources);
	CU_ASSERT_EQUAL(sources.count, 0);
}

/* ---- The timeline ----------------------------------------------------------------------------- */

static void story_tell(struct trace_listener listener)
{
	static const uint8_t bytes[64] = {1};
	const struct trace_event events[] = {
		{.id = EVENT_run_begin, .run_begin = {"zynqmp", "", "--plan -"}},
		{.id = EVENT_agent, .agent = {0, TRACE_SIDE_HOST, "a53", 64, 1200000000, 0}},
		{.id = EVENT_agent, .agent = {1, TRACE_SIDE_REMOTE, "r5", 32, 500000000, 0}},
		{.id = EVENT_region, .region = {"vring0", TRACE_REGION_KIND_CONTROL, 0x1000, 0x1000}},
		{.id = EVENT_store, .time = 1000, .store = {0, 0x1010, 0x8, {4, bytes}}},
		{.id = EVENT_fill, .time = 1000, .fill = {0, 0x1000, TRACE_FILL_DEMAND, 0, {64, bytes}}},
		{.id = EVENT_store, .time = 2000, .store = {0, 0x1000, 0x8, {8, bytes}}},
		{.id = EVENT_load, .time = 2000, .load = {0, 0x1020, 0xc, {2, bytes}}},
		{.id = EVENT_load, .time = 2500, .load = {0, 0x9000, 0xc, {1, bytes}}},
		{.id = EVENT_load, .time = 2600, .load = {0, 0x1030, 0xc, {1, bytes}}},
		{.id = EVENT_load, .time = 3000, .load = {1, 0x1002, 0x20, {2, bytes}}},
		{.id = EVENT_stale,
		 .time = 3000,
		 .stale = {1, 0x1002, 2, 0x20, 0, 0x8, 500, TRACE_FILL_PREFETCH,
			   TRACE_REMEDY_READER_INVALIDATE}},
		{.id = EVENT_choice, .time = 3000, .choice = {7, "memory.fill", 3, 1}},
		{.id = EVENT_maint, .time = 4000, .maint = {0, TRACE_MAINT_CLEAN, 0x1000, 64, 0x8}},
		{.id = EVENT_kick, .time = 5000, .kick = {0, 2, 9, 0}},
		{.id = EVENT_console, .time = 6000, .console = {1, "one\ntwo\n"}},
		{.id = EVENT_hang, .time = 7000, .hang = {TRACE_HANG_DEADLOCK}},
		{.id = EVENT_source, .time = 7000, .source = {0, 0x8, 0, 12, "/src/ring.c", "ring_push"}},
		{.id = EVENT_source, .time = 7000, .source = {1, 0x20, 0, 34, "fw.c", "poll"}},
		{.id = EVENT_run_end, .time = 7000, .run_end = {4, 1}},
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		listener.event(listener.ctx, &events[i]);
}

static char *story_show(bool all_events)
{
	struct trace_writer *writer = writer_open("t");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	story_tell(trace_writer_listener(writer));
	writer_succeeds(writer);
	CU_ASSERT_TRUE(trace_show(path_in_root("t"), out, all_events, why, sizeof(why)));
	fclose(out);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	return text;
}

#define REMOTE "                                                            "	/* past the host's column */

static void timeline_tells_what_each_side_did(void)
{
	static const char *const lines[] = {
		"       0.000 ns  -- region vring0 0x1000..0x1fff: control\n",
		/* Three accesses of the host's are one line; the demand fill between them is not shown. */
		"       1.000 ns  1 load, 2 stores vring0 0x1000..0x1021 at ring_push (ring.c:12) .. pc 0xc\n"
		"       2.500 ns  1 load 0x9000 = 01 at pc 0xc\n"
		"       2.600 ns  1 load vring0 0x1030 = 01 at pc 0xc\n"
		"       3.000 ns  " REMOTE "1 load vring0 0x1002..0x1003 = 01 00 at poll (fw.c:34)\n"
		"       3.000 ns  " REMOTE
		"STALE READ of vring0 0x1002..0x1003 at poll (fw.c:34): a53 had overwritten it"
		" at ring_push (ring.c:12); the copy that was read is from 0.500 ns (prefetch);"
		" missing: the reader's invalidate before this load\n"
		"       3.000 ns  -- surprise: memory.fill took option 1 of 3 (question 7)\n"
		"       4.000 ns  clean vring0 0x1000..0x103f at ring_push (ring.c:12)\n"
		"       5.000 ns  kicks channel 2 with token 9\n"
		"       6.000 ns  " REMOTE "| one\n"
		"       6.000 ns  " REMOTE "| two\n"
		"       7.000 ns  -- HANG: every agent waits for another\n"
		"       7.000 ns  -- end after 4 accesses and 1 choices\n",
	};
	char *text = story_show(false);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		CU_ASSERT_PTR_NOT_NULL(strstr(text, lines[i]));
		if (!strstr(text, lines[i]))
			fprintf(stderr, "expected:\n%s\nseen:\n%s\n", lines[i], text);
	}
	free(text);
}

static void all_events_are_shown_on_request(void)
{
	char *text = story_show(true);
	size_t lines = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	CU_ASSERT_EQUAL(lines, 20);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "       2.000 ns  load  agent=0 addr=0x1020 pc=0xc bytes=01 00\n"));
	free(text);
}

static void every_event_can_be_shown(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	sample_write("t", &(struct sample){2 + SAMPLE_VARIANTS * (EVENT_COUNT - 2), 1});
	CU_ASSERT_TRUE(trace_show(path_in_root("t"), out, false, why, sizeof(why)));
	fclose(out);
	for (size_t i = 0; i < size; i++)
		CU_ASSERT_TRUE_FATAL((uint8_t)text[i] >= ' ' || text[i] == '\n');
	free(text);
}

static void timeline_that_cannot_be_written_is_an_error(void)
{
	FILE *out = fopen("/dev/full", "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	sample_write("t", &(struct sample){100, 1});
	CU_ASSERT_FALSE(trace_show(path_in_root("t"), out, false, why, sizeof(why)));
	why_says("t: its timeline cannot be written to the output");
	fclose(out);
	CU_ASSERT_FALSE(trace_show(path_in_root("absent"), stdout, false, why, sizeof(why)));
	why_says("absent: cannot be read");
}

/* ---- List ------------------------------------------------------------------------------------- */

#define TEST(name) {#name, name}

int main(void)
{
	CU_TestInfo trips[] = {
		TEST(every_event_survives_the_round_trip_with_edge_values),
		TEST(thousands_of_events_cross_packets_and_survive),
		TEST(packet_takes_no_event_that_ends_a_byte_above_its_limit),
		TEST(packets_are_full_but_never_above_their_limit),
		TEST(event_larger_than_a_packet_has_one_of_its_own),
		TEST(equal_events_give_equal_files),
		TEST(what_is_no_text_is_recorded_as_pictures),
		TEST(the_writer_puts_each_byte_where_the_format_says),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo refusals[] = {
		TEST(each_broken_field_is_refused_with_its_own_sentence),
		TEST(what_is_just_allowed_is_accepted),
		TEST(no_prefix_of_a_stream_is_accepted),
		TEST(no_cut_packet_is_accepted),
		TEST(packet_that_ends_inside_an_event_is_refused),
		TEST(bytes_after_the_end_are_refused),
		TEST(no_flipped_bit_does_harm),
		TEST(fault_late_in_a_stream_is_found_before_the_first_event_is_told),
		TEST(what_is_no_directory_is_refused),
		TEST(directory_without_metadata_is_refused),
		TEST(foreign_metadata_is_refused),
		TEST(files_that_are_no_files_are_refused_without_waiting),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo leftovers[] = {
		TEST(used_directory_is_refused_untouched),
		TEST(recorded_trace_is_not_overwritten),
		TEST(place_where_no_directory_can_be_is_refused),
		TEST(empty_directory_is_taken),
		TEST(unfinished_trace_has_no_final_names),
		TEST(discarded_trace_leaves_nothing),
		TEST(directory_that_was_there_stays_when_its_trace_is_discarded),
		TEST(trace_that_would_be_refused_is_not_left),
		TEST(trace_without_its_ends_is_not_left),
		TEST(full_disk_leaves_nothing),
		TEST(trace_whose_file_was_taken_away_fails),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo texts[] = {
		TEST(events_print_as_one_line),
		TEST(control_characters_are_printed_escaped),
		TEST(character_that_is_cut_short_is_no_text),
		TEST(enum_values_have_their_names),
		TEST(frames_of_a_pc_are_found_from_the_innermost_outwards),
		TEST(timeline_tells_what_each_side_did),
		TEST(all_events_are_shown_on_request),
		TEST(every_event_can_be_shown),
		TEST(timeline_that_cannot_be_written_is_an_error),
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{"traces: round trips", NULL, NULL, directory_fresh, directory_drop, trips},
		{"traces: refusals", NULL, NULL, directory_fresh, directory_drop, refusals},
		{"traces: what a writer leaves", NULL, NULL, directory_fresh, directory_drop, leftovers},
		{"traces: text", NULL, NULL, directory_fresh, directory_drop, texts},
		CU_SUITE_INFO_NULL,
	};
	unsigned int failures;

	if (CU_initialize_registry() || CU_register_suites(suites))
		return 2;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}
