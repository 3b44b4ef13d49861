/*
 * SCM of class dcpm (persistent memory): this build has no support for it, and says so wherever it
 * is asked.
 */
#include "storage_private.h"

static int
refuse(const struct stor_engine *e, struct fault *f)
{
	int r = fault_plain(f, -EOPNOTSUPP,
			    "engine %u: this daos_server is built without support for SCM class %s",
			    e->idx, stor_class_name(e->scm_class));

	fault_resolve(f, "use an SCM tier of class ram or dir for engine %u", e->idx);
	return r;
}

static int
dcpm_look(const struct stor_host *h, const struct stor_engine *e, struct stor_scm_state *ret,
	  struct fault *f)
{
	return refuse(e, f);
}

static int
dcpm_plan(const struct stor_host *h, const struct stor_engine *e, const struct stor_scm_state *s,
	  bool force, struct stor_plan *p, struct fault *f)
{
	return refuse(e, f);
}

static int
dcpm_mount(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	return refuse(e, f);
}

const struct stor_scm_provider stor_scm_dcpm = {
    .look    = dcpm_look,
    .plan    = dcpm_plan,
    .mount   = dcpm_mount,
    .unmount = dcpm_mount,
};
