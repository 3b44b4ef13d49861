/*
 * The life cycle of an instance as a table: names, allowed moves, and what the outside is told.
 */
#include <assert.h>

#include "harness/harness.h"

#define M(s) (1U << HAR_STATE_##s)

static const struct {
	const char *name;
	const char *member;
	bool        process;
	unsigned    moves;
} states[_HAR_STATE_MAX] = {
    [HAR_STATE_STOPPED]      = {"stopped", "stopped", false, M(CHECKING)},
    [HAR_STATE_CHECKING]     = {"checking", "stopped", false,
				M(AWAIT_FORMAT) | M(PREPARING) | M(STOPPED)},
    [HAR_STATE_AWAIT_FORMAT] = {"awaiting format", "awaitformat", false, M(PREPARING) | M(STOPPED)},
    [HAR_STATE_PREPARING]    = {"preparing", "stopped", false, M(STARTING) | M(STOPPED)},
    [HAR_STATE_STARTING]   = {"starting", "starting", true, M(JOINING) | M(STOPPING) | M(STOPPED)},
    [HAR_STATE_JOINING]    = {"joining", "starting", true,
			      M(SETTING_UP) | M(READY) | M(STOPPING) | M(STOPPED)},
    [HAR_STATE_SETTING_UP] = {"setting up", "starting", true, M(READY) | M(STOPPING) | M(STOPPED)},
    [HAR_STATE_READY]      = {"ready", "ready", true, M(STOPPING) | M(STOPPED)},
    [HAR_STATE_STOPPING]   = {"stopping", "stopping", true, M(STOPPED)},
};

const char *
har_state_name(enum har_state s)
{
	assert(s >= 0 && s < _HAR_STATE_MAX);
	return states[s].name;
}

bool
har_state_may_move(enum har_state from, enum har_state to)
{
	assert(from >= 0 && from < _HAR_STATE_MAX);
	assert(to >= 0 && to < _HAR_STATE_MAX);
	return (states[from].moves & (1U << to)) != 0;
}

const char *
har_state_member_name(enum har_state s)
{
	assert(s >= 0 && s < _HAR_STATE_MAX);
	return states[s].member;
}

bool
har_state_has_process(enum har_state s)
{
	assert(s >= 0 && s < _HAR_STATE_MAX);
	return states[s].process;
}
