/*
 * The blocking steps of an instance, each a value handed to a worker and back: storage checks,
 * mounts and superblock writes. A worker sees only its struct har_work and the immutable storage
 * description.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "config/config.h"
#include "harness/harness_private.h"
#include "storage/storage.h"

static void
work_free(struct har_work *w)
{
	free(w->superblock_path);
	free(w->system);
	free(w->fault_domain);
	free(w);
}

static int
run_check(struct har_work *w)
{
	struct stor_need need = {0};
	int              r;

	r = stor_engine_check(w->storage, w->idx, &need, &w->f);
	if (r < 0)
		return r;
	w->need_format = need.metadata || need.scm || need.superblock;
	w->need_scm    = need.scm;
	log_debug("engine %u: storage %s: %s", w->idx,
		  w->need_format ? "needs a format" : "is formatted", need.reason);
	return 0;
}

static int
check_system_name(struct har_work *w)
{
	if (str_eq(w->sb.system, w->system))
		return 0;
	fault_plain(&w->f, -EINVAL, "superblock %s belongs to system %s, this server's is %s",
		    w->superblock_path, w->sb.system, w->system);
	fault_resolve(&w->f,
		      "set name: %s in the configuration, or format the storage of engine %u",
		      w->sb.system, w->idx);
	return -EINVAL;
}

static int
run_prepare(struct har_work *w)
{
	int r;

	r = stor_engine_mount(w->storage, w->idx, &w->f);
	if (r == 0)
		r = stor_engine_check_nvme_conf(w->storage, w->idx, &w->conf_regenerated, &w->f);
	if (r == 0)
		r = stor_engine_check_memory(w->storage, w->idx, &w->f);
	if (r < 0)
		return r;
	r = har_superblock_read(w->superblock_path, &w->sb, &w->f);
	if (r == 0)
		return check_system_name(w);
	if (r != -ENOENT)
		return r;
	har_superblock_init(&w->sb, w->system, w->fault_domain);
	return har_superblock_write(w->superblock_path, &w->sb, &w->f);
}

static void
run(void *arg)
{
	struct har_work *w = arg;

	switch (w->kind) {
	case WORK_CHECK:
		w->err = run_check(w);
		break;
	case WORK_PREPARE:
		w->err = run_prepare(w);
		break;
	case WORK_SUPERBLOCK:
		w->err = har_superblock_write(w->superblock_path, &w->sb, &w->f);
		break;
	case WORK_RESET:
		w->err = stor_superblock_remove(w->storage, w->idx, &w->f);
		break;
	case WORK_AFTER_EXIT:
		w->err = stor_engine_after_exit(w->storage, w->idx, &w->f);
		break;
	}
	if (w->err < 0 && !w->f.set)
		fault_plain(&w->f, w->err, "%s", strerror(-w->err));
}

static void
finish(void *arg)
{
	struct har_work     *w = arg;
	struct har_instance *i = w->i;

	if (i != NULL) {
		i->work = NULL;
		w->done(i, w);
	}
	work_free(w);
}

int
har_work_start(struct har_instance *i, enum work_kind kind,
	       void (*done)(struct har_instance *i, struct har_work *w))
{
	struct har_harness *h = i->h;
	struct har_work    *w;
	int                 r;

	if (i->work != NULL)
		return -EBUSY;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	w->i               = i;
	w->kind            = kind;
	w->storage         = h->opts.storage;
	w->idx             = i->idx;
	w->superblock_path = strdup(i->superblock_path);
	w->system          = strdup(h->opts.cfg->name);
	w->fault_domain    = strdup(h->fault_domain);
	w->sb              = i->sb;
	w->done            = done;
	if (w->superblock_path == NULL || w->system == NULL || w->fault_domain == NULL) {
		work_free(w);
		return -ENOMEM;
	}
	i->work = w;
	r       = loop_work_submit(h->loop, run, finish, w);
	if (r < 0) {
		i->work = NULL;
		work_free(w);
	}
	return r;
}
