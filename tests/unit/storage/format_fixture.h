/*
 * A fixture with formats: requests, rows, and the layouts that are formatted in several tests.
 */
#pragma once

#include "fixture.h"

static FIX_UNUSED const struct stor_format_req plain_req = {0};
static FIX_UNUSED const struct stor_format_req force_req = {.reformat = true};

/* Formats, expecting the request to be accepted. */
static FIX_UNUSED void
format(struct fix *x, const struct stor_format_req *req, struct stor_format_resp *resp)
{
	struct fault f = FAULT_INIT;
	char         text[1500];
	int          r = stor_format(&x->host, req, resp, &f);

	if (r < 0)
		fail_msg("format was refused: %s", fault_format(&f, text, sizeof(text)));
}

static FIX_UNUSED void
assert_row(const struct stor_format_row *row, const char *name, enum stor_status status,
	   const char *error, const char *info)
{
	if (name != NULL && !str_ends(row->name, name))
		fail_msg("row is for %s, not %s", row->name, name);
	if (row->status != status || strstr(row->error, error) == NULL ||
	    strstr(row->info, info) == NULL)
		fail_msg("%s: status %d error \"%s\" info \"%s\"", row->name, row->status,
			 row->error, row->info);
}

static FIX_UNUSED void
assert_formatted(struct fix *x, const struct stor_format_req *req)
{
	struct stor_format_resp resp = {0};

	format(x, req, &resp);
	vec_foreach (&resp.scm, row)
		assert_row(row, NULL, STOR_STATUS_SUCCESS, "", "");
	vec_foreach (&resp.bdev, row)
		assert_row(row, NULL, STOR_STATUS_SUCCESS, "", "");
	for (unsigned i = 0; i < x->host.n_engines; i++)
		assert_true(resp.ready[i]);
	stor_format_resp_fini(&resp);
}

static FIX_UNUSED void
assert_marker(struct fix *x, const char *want)
{
	_cleanup_(freep) char *text = NULL;

	assert_int_equal(fs_read_file(x->host.engines[0].marker, 64, &text, NULL), 0);
	assert_string_equal(text, want);
}

enum layout { LAYOUT_DIR, LAYOUT_RAM, LAYOUT_METADATA, LAYOUT_TWO, _LAYOUT_MAX };

static FIX_UNUSED void
make_layout(struct fix *x, enum layout l)
{
	fix_init(x);
	if (l == LAYOUT_METADATA)
		fix_metadata(x);
	fix_tier(x, fix_engine(x, l == LAYOUT_DIR ? STOR_CLASS_DIR : STOR_CLASS_RAM),
		 STOR_CLASS_FILE, "aio0", l == LAYOUT_METADATA ? 7 : 0);
	if (l == LAYOUT_TWO)
		fix_tier(x, fix_engine(x, STOR_CLASS_DIR), STOR_CLASS_FILE, "aio1", 0);
}
