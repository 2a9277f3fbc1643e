/* SPDX-License-Identifier: BSD-3-Clause */
/* What each request of an agent means. Requests are listed in hook.h; the engine decides when one is performed. */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "sim/engine.h"

/* Performs it and sets agent->answer. False: the agent is not to be resumed now (it blocks, ended or faulted). */
bool request_perform(struct engine *engine, struct agent *agent, struct request *request);
/* Can the order of this request and another agent's make a difference? */
bool request_is_visible(struct engine *engine, struct agent *agent, const struct request *request);

#endif
