/*
 * SetRank and SetUp: the two calls that make a joined engine operational, one after the other.
 */
#include <stdlib.h>
#include <string.h>

#include "common/der.h"
#include "harness/harness_private.h"
#include "mgmt/svc.pb-c.h"

struct set_up {
	struct har_instance *i;
	har_setup_cb         cb;
	void                *arg;
	const char          *step;
};

static void
set_up_finish(struct set_up *s, const struct fault *f)
{
	struct har_instance *i = s->i;
	struct fault         copy;

	if (f != NULL) {
		copy = *f;
		fault_wrap(&copy, "engine %u: %s", i->idx, s->step);
		f = &copy;
	}
	s->cb(f, s->arg);
	free(s);
}

/* NULL when the body is a DaosResp with status 0; otherwise *f says why not. */
static const struct fault *
check_daos_resp(int err, const struct fault *f, const void *body, size_t len, struct fault *ret)
{
	Mgmt__DaosResp *resp;
	char            text[256];

	if (err < 0)
		return f;
	resp = mgmt__daos_resp__unpack(NULL, len, body);
	if (resp == NULL) {
		fault_plain(ret, -EPROTO, "the engine's answer cannot be read");
		return ret;
	}
	if (resp->status != 0)
		fault_plain(ret, -EIO, "%s", der_format(resp->status, text, sizeof(text)));
	mgmt__daos_resp__free_unpacked(resp, NULL);
	return ret->set ? ret : NULL;
}

static void
set_up_replied(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct set_up *s    = arg;
	struct fault   copy = FAULT_INIT;

	set_up_finish(s, check_daos_resp(err, f, body, len, &copy));
}

static void
set_rank_replied(int err, const struct fault *f, const void *body, size_t len, void *arg)
{
	struct set_up      *s    = arg;
	struct fault        copy = FAULT_INIT;
	const struct fault *bad  = check_daos_resp(err, f, body, len, &copy);
	int                 r;

	if (bad != NULL) {
		set_up_finish(s, bad);
		return;
	}
	s->step = "SetUp";
	r = har_instance_setup_call(s->i, DRPC_MGMT_SET_UP, NULL, s->i->h->opts.setup_limit_ms,
				    set_up_replied, s);
	if (r < 0) {
		fault_plain(&copy, r, "%s", strerror(-r));
		set_up_finish(s, &copy);
	}
}

int
har_instance_set_up(struct har_instance *i, uint32_t rank, uint32_t map_version, har_setup_cb cb,
		    void *arg)
{
	Mgmt__SetRankReq req = MGMT__SET_RANK_REQ__INIT;
	struct set_up   *s   = calloc(1, sizeof(*s));
	int              r;

	if (s == NULL)
		return -ENOMEM;
	*s              = (struct set_up){.i = i, .cb = cb, .arg = arg, .step = "SetRank"};
	req.rank        = rank;
	req.map_version = map_version;
	r = har_instance_setup_call(i, DRPC_MGMT_SET_RANK, &req.base, i->h->opts.setup_limit_ms,
				    set_rank_replied, s);
	if (r < 0)
		free(s);
	return r;
}
