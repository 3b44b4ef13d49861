/*
 * Which member state may follow which through results and events. From member-transitions.tsv; a
 * test holds the table against that file. Rows in the order of states; a bit a state,
 * SYS_TRANSITION_BIT() of it. Nothing leaves Unknown and AdminExcluded this way, and no state
 * follows itself.
 */
#pragma once

#include <stdint.h>

#include "system/member.h"

/* Unknown has no bit of its own in state masks. */
#define SYS_TRANSITION_BIT(s)                                                                      \
	((s) == SYS_MEMBER_UNKNOWN ? (uint32_t)_SYS_MEMBER_STATE_MAX : (uint32_t)(s))
#define TO(s) SYS_TRANSITION_BIT(SYS_MEMBER_##s)

static const uint32_t sys_transitions[] = {
    /* UNKNOWN */
    0,
    /* AWAIT_FORMAT */
    TO(UNKNOWN) | TO(STARTING) | TO(READY) | TO(JOINED) | TO(STOPPING) | TO(STOPPED) | TO(ERRORED) |
	TO(UNRESPONSIVE) | TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* STARTING */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(READY) | TO(JOINED) | TO(STOPPING) | TO(STOPPED) |
	TO(ERRORED) | TO(UNRESPONSIVE) | TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* READY */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(STARTING) | TO(JOINED) | TO(STOPPING) | TO(STOPPED) |
	TO(ERRORED) | TO(UNRESPONSIVE) | TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* JOINED */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(STARTING) | TO(STOPPING) | TO(STOPPED) | TO(EXCLUDED) |
	TO(ERRORED) | TO(UNRESPONSIVE) | TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* STOPPING */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(STARTING) | TO(READY) | TO(JOINED) | TO(STOPPED) |
	TO(EXCLUDED) | TO(ERRORED) | TO(UNRESPONSIVE) | TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* STOPPED */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(STARTING) | TO(READY) | TO(JOINED) | TO(STOPPING) |
	TO(EXCLUDED) | TO(ERRORED) | TO(UNRESPONSIVE) | TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* EXCLUDED */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(JOINED) | TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* ERRORED */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(STARTING) | TO(STOPPED) | TO(EXCLUDED) | TO(UNRESPONSIVE) |
	TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* UNRESPONSIVE */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(STARTING) | TO(STOPPED) | TO(EXCLUDED) | TO(ERRORED) |
	TO(ADMIN_EXCLUDED) | TO(CHECKER_STARTED),
    /* ADMIN_EXCLUDED */
    0,
    /* CHECKER_STARTED */
    TO(UNKNOWN) | TO(AWAIT_FORMAT) | TO(STARTING) | TO(STOPPING) | TO(STOPPED) | TO(EXCLUDED) |
	TO(ERRORED) | TO(UNRESPONSIVE) | TO(ADMIN_EXCLUDED),
};

#undef TO
