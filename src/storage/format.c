/*
 * StorageFormat of a host (storage.md §8): look at every engine, refuse what cannot be done as a
 * whole, then plan and execute engine by engine, and turn each outcome into a row. The rules of
 * what to do are in the plans of the SCM and bdev providers; the order that makes a format
 * resumable is described in README.md.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "storage_private.h"

struct job {
	const struct stor_engine *e;
	struct stor_scm_state     state;
	struct fault              look_fault; /* set: the SCM could not be examined */
	bool                      needs;
	bool                      scm_failed;
	bool                      skipped;    /* SCM stays as it is and its bdevs too */
	bool                      fresh_tree; /* a format was begun here, to be sealed at its end */
	bool                      failed;     /* an error row was added */
};

struct run {
	struct stor_exec        exec;
	struct stor_format_resp resp;
};

/* ---- rows ---- */

static void
row_fini(struct stor_format_row *row)
{
	free(row->name);
	free(row->error);
	free(row->info);
}

void
stor_format_resp_fini(struct stor_format_resp *r)
{
	vec_foreach (&r->scm, row)
		row_fini(row);
	vec_foreach (&r->bdev, row)
		row_fini(row);
	vec_fini(&r->scm);
	vec_fini(&r->bdev);
}

static char *
fault_info(const struct fault *f)
{
	char buf[1024];

	if (!fault_has_resolution(f))
		return strdup("");
	return strdup(fault_is_coded(f) ? fault_format_resolution(f, buf, sizeof(buf))
					: f->resolution);
}

/* f NULL or unset: success, with an optional remark. */
static int
make_row(const struct stor_engine *e, const char *name, enum stor_status failure,
	 const struct fault *f, const char *info, uint32_t role_bits, struct stor_format_row *ret)
{
	bool                   bad = f != NULL && f->set;
	char                   text[1400];
	struct stor_format_row row = {
	    .engine_idx = e->idx,
	    .name       = strdup(name),
	    .status     = bad ? failure : STOR_STATUS_SUCCESS,
	    .error      = strdup(bad ? fault_format(f, text, sizeof(text)) : ""),
	    .info       = bad ? fault_info(f) : strdup(info ? info : ""),
	    .role_bits  = role_bits,
	};

	if (row.name == NULL || row.error == NULL || row.info == NULL) {
		row_fini(&row);
		return -ENOMEM;
	}
	*ret = row;
	return 0;
}

static int
add_scm_row(struct run *run, struct job *j, const struct fault *f, const char *info)
{
	struct stor_format_row row;
	int r = make_row(j->e, j->e->scm_mount, STOR_STATUS_ERR_SCM, f, info, 0, &row);

	j->failed = j->failed || (f != NULL && f->set);
	if (r == 0)
		r = vec_push(&run->resp.scm, row);
	return r;
}

static int
add_bdev_row(struct run *run, struct job *j, const char *name, const struct fault *f,
	     const char *info, uint32_t role_bits)
{
	struct stor_format_row row;
	int r = make_row(j->e, name, STOR_STATUS_ERR_NVME, f, info, role_bits, &row);

	j->failed = j->failed || (f != NULL && f->set);
	if (r == 0)
		r = vec_push(&run->resp.bdev, row);
	return r;
}

static int
add_skip_row(struct run *run, struct job *j, const char *why)
{
	_cleanup_(freep) char *info =
	    str_format("NVMe format skipped on instance %u, %s", j->e->idx, why);

	return info ? add_bdev_row(run, j, STOR_NIL_NAME, NULL, info, 0) : -ENOMEM;
}

/* ---- control metadata ---- */

static int
format_metadata(const struct stor_exec *x, bool *ret_done, struct fault *f)
{
	struct stor_plan p = {0};
	char             why[256];
	bool             needs;
	int              r = stor_meta_needs_format(x->host, &needs, why, sizeof(why), f);

	if (r < 0 || x->host->meta_path == NULL)
		return r;
	if (!needs && !x->req->reformat)
		return 0;
	r = stor_meta_plan(x->host, &p, f);
	if (r == 0)
		r = stor_exec_plan(x, &p, f);
	stor_plan_fini(&p);
	*ret_done = r == 0;
	return r;
}

/* ---- looking ---- */

static void
look(const struct stor_host *h, struct job *jobs)
{
	for (unsigned i = 0; i < h->n_engines; i++) {
		struct job                     *j = &jobs[i];
		const struct stor_scm_provider *p = stor_scm_provider(h->engines[i].scm_class);
		int                             r;

		*j = (struct job){.e = &h->engines[i]};
		r  = p->look(h, j->e, &j->state, &j->look_fault);
		if (r < 0 && !j->look_fault.set)
			(void)fault_plain(&j->look_fault, r, "cannot examine SCM at %s: %s",
					  j->e->scm_mount,
					  strerror(-r)); /* r is kept in the text */
		j->needs = r < 0 || stor_scm_needs_format(&j->state);
	}
}

static int
check_request(const struct stor_host *h, const struct stor_format_req *req, const struct job *jobs,
	      struct fault *f)
{
	uint64_t      ram_bytes = 0;
	unsigned      n_need    = 0;
	struct hw_mem mem;
	int           r;

	for (unsigned i = 0; i < h->n_engines; i++) {
		n_need += jobs[i].needs;
		if (jobs[i].e->scm_class == STOR_CLASS_RAM)
			ram_bytes += jobs[i].e->scm_size_bytes;
	}
	if (req->replace && n_need == 0) {
		r = fault_plain(
		    f, -EINVAL,
		    "format replace option only valid if at least one engine requires format "
		    "but no engines need format");
		fault_resolve(
		    f, "leave out --replace, or erase the storage of the engine to be replaced");
		return r;
	}
	if (n_need < h->n_engines || ram_bytes == 0)
		return 0;
	r = hw_mem_read_totals(h->hw, &mem, f);
	if (r < 0)
		return r;
	r = stor_check_ram_available(ram_bytes, mem.mem_available_kb * KIB, f);
	hw_mem_fini(&mem);
	return r;
}

/* ---- SCM ---- */

/* Whether every bdev could be formatted; the first refusal is reported in f. */
static int
check_bdevs(const struct stor_host *h, const struct stor_engine *e, struct fault *f)
{
	for (size_t t = 0; t < e->n_bdevs; t++) {
		const struct stor_tier *tier = &e->bdevs[t];

		for (size_t i = 0; i < tier->n_devices; i++) {
			int r =
			    stor_bdev_provider(tier->class)->check(h, tier, tier->devices[i], f);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* The plan for an engine's SCM, or the reason why there is none. */
static int
plan_scm(const struct stor_host *h, const struct stor_format_req *req, const struct job *j,
	 struct stor_plan *p, struct fault *f)
{
	int r;

	if (j->look_fault.set) {
		*f = j->look_fault;
		return -EINVAL;
	}
	if (req->running[j->e->idx])
		return fault_plain(
		    f, -EBUSY, "instance %u: can't format storage of running instance", j->e->idx);
	if (!j->needs && !req->no_hugepages) { /* data is about to be destroyed: be sure first */
		r = check_bdevs(h, j->e, f);
		if (r < 0) {
			fault_wrap(f, "nothing was changed");
			return r;
		}
	}
	return stor_scm_provider(j->e->scm_class)->plan(h, j->e, &j->state, req->reformat, p, f);
}

static int
format_scm(struct run *run, struct job *j)
{
	const struct stor_format_req *req = run->exec.req;
	struct stor_plan              p   = {0};
	struct fault                  f   = FAULT_INIT;
	int                           r   = plan_scm(run->exec.host, req, j, &p, &f);

	if (r == 0)
		r = stor_exec_plan(&run->exec, &p, &f);
	stor_plan_fini(&p);
	if (r < 0) {
		if (!f.set)
			(void)fault_plain(&f, r, "format of %s failed: %s", j->e->scm_mount,
					  strerror(-r));
		j->scm_failed = true;
		return add_scm_row(run, j, &f, NULL);
	}
	j->fresh_tree = true;
	return 0; /* the row comes when the format is sealed */
}

/* ---- block devices ---- */

static int
format_device(struct run *run, struct job *j, const struct stor_tier *t, const char *device)
{
	struct stor_step s = {
	    .kind = STOR_STEP_BDEV_FORMAT, .engine = j->e, .tier = t, .object = device};
	struct fault f = FAULT_INIT;
	int          r = stor_bdev_provider(t->class)->check(run->exec.host, t, device, &f);

	if (r == 0)
		r = stor_exec_step(&run->exec, &s, &f);
	if (r < 0 && !f.set)
		(void)fault_set(&f, FAULT_BDEV_FORMAT_FAILURE, "format of %s failed: %s", device,
				strerror(-r)); /* f is reported in the row */
	return add_bdev_row(run, j, device, &f, NULL, t->role_bits);
}

static int
write_conf(struct run *run, struct job *j)
{
	struct stor_step s = {
	    .kind = STOR_STEP_NVME_CONF, .engine = j->e, .object = j->e->nvme_conf};
	struct fault f = FAULT_INIT;
	int          r = stor_exec_step(&run->exec, &s, &f);

	if (r == 0)
		return 0;
	if (!f.set)
		(void)fault_plain(&f, r, "cannot write %s: %s", j->e->nvme_conf, strerror(-r));
	return add_bdev_row(run, j, STOR_NIL_NAME, &f, NULL, 0);
}

static int
format_bdevs(struct run *run, struct job *j)
{
	const struct stor_engine *e = j->e;
	struct fault              f = FAULT_INIT;
	bool                      superblock;
	int                       r;

	if (run->exec.req->no_hugepages)
		return add_skip_row(run, j, "use of hugepages disabled in config");
	if (j->scm_failed)
		return add_skip_row(run, j, "SCM format failed");
	if (j->skipped)
		return add_skip_row(run, j, "SCM was not formatted");
	if (e->n_bdevs == 0)
		return 0;
	r = stor_superblock_exists(run->exec.host, e, &superblock, &f);
	if (r < 0)
		return add_bdev_row(run, j, STOR_NIL_NAME, &f, NULL, 0);
	for (size_t t = 0; r == 0 && !superblock && t < e->n_bdevs; t++) {
		for (size_t i = 0; r == 0 && i < e->bdevs[t].n_devices; i++)
			r = format_device(run, j, &e->bdevs[t], e->bdevs[t].devices[i]);
	}
	if (r == 0 && !j->failed)
		r = write_conf(run, j);
	return r;
}

/* The last step of an engine's format, and its SCM row. */
static int
seal(struct run *run, struct job *j)
{
	struct stor_step s = {.kind = STOR_STEP_SCM_SEAL, .engine = j->e, .object = j->e->marker};
	struct fault     f = FAULT_INIT;
	int              r;

	if (!j->fresh_tree)
		return 0;
	if (!j->failed) { /* else the marker stays: the next format begins anew */
		r = stor_exec_step(&run->exec, &s, &f);
		if (r < 0 && !f.set)
			(void)fault_plain(&f, r, "cannot write %s: %s", j->e->marker, strerror(-r));
	}
	return add_scm_row(run, j, &f, NULL);
}

/*
 * A formatted engine that is not to be formatted again. A ramdisk that is mounted and empty comes
 * from a format that was stopped early, or from an engine start with control metadata: its bdevs
 * are still to be done.
 */
static int
keep_scm(struct run *run, struct job *j)
{
	struct stor_plan p = {0};
	struct fault     f = FAULT_INIT;
	bool empty_ram = j->e->scm_class == STOR_CLASS_RAM && j->state.mounted && j->state.empty;
	int  r         = 0;

	j->skipped =
	    run->exec.req->running[j->e->idx] || (!empty_ram && !run->resp.metadata_formatted);
	if (j->state.foreign)
		(void)fault_plain(&f, -EBUSY, "cannot use %s for engine %u: %s", j->e->scm_mount,
				  j->e->idx, j->state.what);
	else if (empty_ram && !j->skipped && run->exec.host->ops->is_root(run->exec.host->ops)) {
		r = stor_plan_add(&p, STOR_STEP_SCM_OWN, j->e, NULL, j->e->scm_mount);
		if (r == 0)
			r = stor_exec_plan(&run->exec, &p, &f);
	}
	stor_plan_fini(&p);
	if (r < 0 && !f.set)
		(void)fault_plain(&f, r, "cannot prepare %s: %s", j->e->scm_mount, strerror(-r));
	j->scm_failed = f.set;
	return add_scm_row(run, j, &f, f.set ? NULL : "SCM is already formatted");
}

static int
format_engine(struct run *run, struct job *j)
{
	int r = j->needs || run->exec.req->reformat ? format_scm(run, j) : keep_scm(run, j);

	if (r == 0)
		r = format_bdevs(run, j);
	if (r == 0)
		r = seal(run, j);
	run->resp.ready[j->e->idx] = r == 0 && !j->failed;
	return r;
}

int
stor_format(const struct stor_host *h, const struct stor_format_req *req,
	    struct stor_format_resp *ret, struct fault *f)
{
	struct run run = {.exec = {.host = h, .req = req}};
	struct job jobs[STOR_MAX_ENGINES];
	int        r = 0;

	if (h->n_engines > 0) {
		r = format_metadata(&run.exec, &run.resp.metadata_formatted, f);
		if (r < 0)
			fault_wrap(f, "formatting control metadata storage");
		if (r == 0) {
			look(h, jobs);
			r = check_request(h, req, jobs, f);
		}
	}
	for (unsigned i = 0; r == 0 && i < h->n_engines; i++)
		r = format_engine(&run, &jobs[i]);
	if (r < 0) {
		stor_format_resp_fini(&run.resp);
		return r;
	}
	*ret = run.resp;
	return 0;
}

/* ---- dry run ---- */

static int
say(struct stor_plan_text *t, char *line)
{
	int r = line ? vec_push(&t->lines, line) : -ENOMEM;

	if (r < 0)
		free(line);
	return r;
}

static int
say_plan(const struct stor_host *h, const struct stor_plan *p, struct stor_plan_text *t)
{
	vec_foreach (&p->steps, s) {
		int r = say(t, stor_step_text(h, s));

		if (r < 0)
			return r;
	}
	return 0;
}

static int
plan_bdevs(const struct job *j, struct stor_plan *p)
{
	int r = 0;

	for (size_t t = 0; t < j->e->n_bdevs; t++) {
		const struct stor_tier *tier = &j->e->bdevs[t];

		for (size_t i = 0; r == 0 && i < tier->n_devices; i++)
			r = stor_plan_add(p, STOR_STEP_BDEV_FORMAT, j->e, tier, tier->devices[i]);
	}
	if (r == 0 && j->e->n_bdevs > 0)
		r = stor_plan_add(p, STOR_STEP_NVME_CONF, j->e, NULL, j->e->nvme_conf);
	return r;
}

static int
dry_run_engine(const struct stor_host *h, const struct stor_format_req *req, const struct job *j,
	       struct stor_plan_text *t)
{
	struct stor_plan p = {0};
	struct fault     f = FAULT_INIT;
	char             text[1400];
	int              r;

	if (!j->needs && !req->reformat)
		return say(t, str_format("engine %u: %s, nothing to do", j->e->idx, j->state.what));
	r = plan_scm(h, req, j, &p, &f);
	if (r == 0)
		r = check_bdevs(h, j->e, &f);
	if (r < 0 && f.set)
		r = say(t, str_format("engine %u: refused: %s", j->e->idx,
				      fault_format(&f, text, sizeof(text))));
	else if (r == 0 && !req->no_hugepages)
		r = plan_bdevs(j, &p);
	if (r == 0 && !f.set)
		r = stor_plan_add(&p, STOR_STEP_SCM_SEAL, j->e, NULL, j->e->marker);
	if (r == 0 && !f.set)
		r = say_plan(h, &p, t);
	stor_plan_fini(&p);
	return r;
}

int
stor_format_dry_run(const struct stor_host *h, const struct stor_format_req *req,
		    struct stor_plan_text *ret, struct fault *f)
{
	struct stor_plan_text t = {0};
	struct stor_plan      p = {0};
	struct job            jobs[STOR_MAX_ENGINES];
	char                  why[256];
	bool                  needs;
	int                   r = stor_meta_needs_format(h, &needs, why, sizeof(why), f);

	if (r == 0 && h->meta_path != NULL && (needs || req->reformat)) {
		r = stor_meta_plan(h, &p, f);
		if (r == 0)
			r = say_plan(h, &p, &t);
	}
	stor_plan_fini(&p);
	if (r == 0)
		look(h, jobs);
	for (unsigned i = 0; r == 0 && i < h->n_engines; i++)
		r = dry_run_engine(h, req, &jobs[i], &t);
	if (r < 0) {
		stor_plan_text_fini(&t);
		return r;
	}
	*ret = t;
	return 0;
}

void
stor_plan_text_fini(struct stor_plan_text *t)
{
	vec_foreach (&t->lines, line)
		free(*line);
	vec_fini(&t->lines);
}
