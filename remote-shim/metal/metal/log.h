/* SPDX-License-Identifier: BSD-3-Clause */
/* metal/log.h of the bench: messages with a level go to a handler; the default one writes to the console. */
#ifndef METAL_LOG_H
#define METAL_LOG_H

enum metal_log_level {
	METAL_LOG_EMERGENCY,
	METAL_LOG_ALERT,
	METAL_LOG_CRITICAL,
	METAL_LOG_ERROR,
	METAL_LOG_WARNING,
	METAL_LOG_NOTICE,
	METAL_LOG_INFO,
	METAL_LOG_DEBUG,
};

typedef void (*metal_log_handler)(enum metal_log_level level, const char *format, ...);

/* NULL: nobody wants to know. */
void metal_set_log_handler(metal_log_handler handler);
metal_log_handler metal_get_log_handler(void);
/* The least important level that the handler gets. */
void metal_set_log_level(enum metal_log_level level);
enum metal_log_level metal_get_log_level(void);
void metal_default_log_handler(enum metal_log_level level, const char *format, ...);

/* metal_log(level, format, ...) */
#define metal_log(level, ...) \
	do { \
		metal_log_handler metal_log_to = metal_get_log_handler(); \
		if (metal_log_to && (level) <= metal_get_log_level()) \
			metal_log_to(level, __VA_ARGS__); \
	} while (0)

#define metal_err(...) metal_log(METAL_LOG_ERROR, __VA_ARGS__)
#define metal_warn(...) metal_log(METAL_LOG_WARNING, __VA_ARGS__)
#define metal_info(...) metal_log(METAL_LOG_INFO, __VA_ARGS__)
#define metal_dbg(...) metal_log(METAL_LOG_DEBUG, __VA_ARGS__)

#endif
