/*
 * Steps: their names, what they say to a person, and doing one. A format is a list of steps made
 * before the first of them is done; each may be done again after a crash in its middle.
 */
#include <stdio.h>
#include <string.h>

#include "common/size.h"
#include "common/str.h"
#include "storage_private.h"

static const struct {
	const char *name;
	const char *text;
} steps[_STOR_STEP_MAX] = {
    [STOR_STEP_META_UNMOUNT] = {"meta-unmount", "unmount control metadata"},
    [STOR_STEP_META_MKDIR]   = {"meta-mkdir", "make directory"},
    [STOR_STEP_META_MKFS]    = {"meta-mkfs", "make an ext4 file system on"},
    [STOR_STEP_META_MOUNT]   = {"meta-mount", "mount control metadata at"},
    [STOR_STEP_META_RETIRE]  = {"meta-retire", "set aside"},
    [STOR_STEP_META_CLEAN]   = {"meta-clean", "remove"},
    [STOR_STEP_META_BUILD]   = {"meta-build", "make the directories of all engines in"},
    [STOR_STEP_META_COMMIT]  = {"meta-commit", "put in place"},
    [STOR_STEP_SCM_UNMOUNT]  = {"scm-unmount", "unmount"},
    [STOR_STEP_SCM_REMOVE]   = {"scm-remove", "remove everything below"},
    [STOR_STEP_SCM_MKDIR]    = {"scm-mkdir", "make directory"},
    [STOR_STEP_SCM_MARK]     = {"scm-mark", "note the beginning of a format in"},
    [STOR_STEP_SCM_CLEAR]    = {"scm-clear", "remove everything in"},
    [STOR_STEP_SCM_MOUNT]    = {"scm-mount", "mount a tmpfs at"},
    [STOR_STEP_SCM_OWN]      = {"scm-own", "set owner and mode of"},
    [STOR_STEP_BDEV_FORMAT]  = {"bdev-format", "format"},
    [STOR_STEP_NVME_CONF]    = {"nvme-conf", "write"},
    [STOR_STEP_SCM_SEAL]     = {"scm-seal", "note the end of the format in"},
};

int
stor_plan_add(struct stor_plan *p, enum stor_step_kind kind, const struct stor_engine *e,
	      const struct stor_tier *tier, const char *object)
{
	struct stor_step s = {.kind = kind, .engine = e, .tier = tier, .object = object};

	return vec_push(&p->steps, s);
}

void
stor_plan_fini(struct stor_plan *p)
{
	vec_fini(&p->steps);
}

const char *
stor_step_name(enum stor_step_kind kind)
{
	return kind < _STOR_STEP_MAX ? steps[kind].name : "";
}

char *
stor_step_text(const struct stor_host *h, const struct stor_step *s)
{
	struct strbuf b = STRBUF_INIT;
	char          size[SIZE_TEXT_MAX];

	if (s->engine != NULL)
		strbuf_addf(&b, "engine %u: ", s->engine->idx);
	else
		strbuf_add(&b, "control metadata: ");
	strbuf_addf(&b, "%s %s", steps[s->kind].text, s->object);
	if (s->kind == STOR_STEP_SCM_MOUNT && s->engine->scm_size_bytes > 0)
		strbuf_addf(&b, " of %s", size_format_iec(s->engine->scm_size_bytes, size));
	if (s->kind == STOR_STEP_BDEV_FORMAT && s->tier->class == STOR_CLASS_FILE)
		strbuf_addf(&b, " as a file of %s", size_format_iec(s->tier->size_bytes, size));
	if (s->kind == STOR_STEP_BDEV_FORMAT && s->tier->class == STOR_CLASS_KDEV)
		strbuf_add(&b, " (nothing is written to it)");
	return strbuf_take(&b);
}

static int
own_mount(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	int r = h->ops->chown(h->ops, e->scm_mount, h->uid, h->gid);

	if (r == 0)
		r = h->ops->chmod(h->ops, e->scm_mount, STOR_DIR_MODE);
	if (r < 0)
		return fault_plain(f, r, "cannot set owner and mode of %s: %s", e->scm_mount,
				   strerror(-r));
	return 0;
}

static int
exec_engine(const struct stor_host *h, const struct stor_step *s, struct fault *f)
{
	const struct stor_engine *e = s->engine;
	int                       r;

	switch (s->kind) {
	case STOR_STEP_SCM_UNMOUNT:
		return stor_scm_provider(e->scm_class)->unmount(h, e, f);
	case STOR_STEP_SCM_MKDIR:
		return stor_mkdir_owned(h, e->scm_mount, f);
	case STOR_STEP_SCM_MARK:
		return stor_write_mark(h, e, STOR_MARK_FORMATTING, f);
	case STOR_STEP_SCM_MOUNT:
		return stor_ram_mount_now(h, e, f);
	case STOR_STEP_SCM_OWN:
		return own_mount(h, e, f);
	case STOR_STEP_BDEV_FORMAT:
		return stor_bdev_provider(s->tier->class)->format(h, s->tier, s->object, f);
	case STOR_STEP_NVME_CONF:
		return stor_nvme_conf_write(h, e, f);
	case STOR_STEP_SCM_SEAL:
		return stor_write_mark(
		    h, e, e->scm_class == STOR_CLASS_DIR ? STOR_MARK_FORMATTED : STOR_MARK_NONE, f);
	case STOR_STEP_SCM_REMOVE:
		r = h->ops->clear_dir(h->ops, e->scm_mount, NULL);
		break;
	case STOR_STEP_SCM_CLEAR:
		r = h->ops->clear_dir(h->ops, e->scm_mount, STOR_MARKER);
		break;
	default:
		r = -EINVAL;
		break;
	}
	if (r < 0)
		return fault_plain(f, r, "cannot remove the contents of %s: %s", e->scm_mount,
				   strerror(-r));
	return 0;
}

int
stor_exec_step(const struct stor_exec *x, const struct stor_step *s, struct fault *f)
{
	int r = 0;

	if (x->req != NULL && x->req->on_step != NULL)
		r = x->req->on_step(stor_step_name(s->kind), s->object, x->req->on_step_arg);
	if (r < 0)
		return fault_plain(f, r, "stopped before %s of %s: %s", stor_step_name(s->kind),
				   s->object, strerror(-r));
	return s->engine ? exec_engine(x->host, s, f) : stor_meta_exec(x, s, f);
}

int
stor_exec_plan(const struct stor_exec *x, const struct stor_plan *p, struct fault *f)
{
	vec_foreach (&p->steps, s) {
		int r = stor_exec_step(x, s, f);

		if (r < 0)
			return r;
	}
	return 0;
}
