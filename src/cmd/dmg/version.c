/*
 * What dmg says about itself and about the servers: versions, the manual page.
 */
#include <daos_control/system.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/version.h"
#include "dmg.h"

#define TOOL_NAME   "DAOS Admin Tool"
#define SERVER_NAME "DAOS Control Server"

struct version_info {
	const char *name, *version, *build_time, *build_info;
};

static void
write_version(struct cli_json *j, const void *data)
{
	const struct version_info *v = data;

	cli_json_object(j);
	cli_json_set_string(j, "name", v->name);
	cli_json_set_string(j, "version", v->version);
	if (v->build_time != NULL)
		cli_json_set_string(j, "build_time", v->build_time);
	if (!str_empty(v->build_info))
		cli_json_set_string(j, "build_info", v->build_info);
	cli_json_object_end(j);
}

/* Time of the build, which the compiler gives as "Nov 22 2026" and "19:40:12", in RFC 3339. */
static void
build_time(char *buf, size_t size)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char       *date     = __DATE__;
	const char       *month;
	char              name[4];

	(void)snprintf(name, sizeof(name), "%.3s", date);
	month = strstr(months, name);
	(void)snprintf(buf, size, "%s-%02d-%c%cT%sZ", date + 7,
		       month ? (int)(month - months) / 3 + 1 : 1, date[4] == ' ' ? '0' : date[4],
		       date[5], __TIME__);
}

int
dmg_version(struct cli_call *call, void *args, struct cli_error *e)
{
	char                time[32];
	struct version_info v = {.name = TOOL_NAME, .version = DAOS_VERSION, .build_time = time};

	build_time(time, sizeof(time));
	cli_print(call, TOOL_NAME " version " DAOS_VERSION "\n");
	cli_print_envelope(call, write_version, &v, NULL);
	return 0;
}

int
dmg_server_version(struct cli_call *call, void *args, struct cli_error *e)
{
	struct daosctl_server_version server;
	struct daosctl_error          error;
	char                          version[48], line[96];
	int                           r;

	r = daosctl_server_version(dmg_control(call), &server, &error);
	if (r != 0) {
		(void)dmg_error(e, r, &error);
		cli_error_wrap(e, "GetAttachInfo failed");
		return r;
	}
	(void)snprintf(version, sizeof(version), "%u.%u.%u", server.major, server.minor,
		       server.patch);
	(void)snprintf(line, sizeof(line), SERVER_NAME " version %s\n", version);
	cli_print(call, line);
	cli_print_envelope(call, write_version,
			   &(struct version_info){
			       .name = SERVER_NAME, .version = version, .build_info = server.tag},
			   NULL);
	daosctl_server_version_fini(&server);
	return 0;
}

int
dmg_manpage(struct cli_call *call, void *args, struct cli_error *e)
{
	const struct dmg_manpage_args       *a   = args;
	_cleanup_(strbuf_fini) struct strbuf out = STRBUF_INIT;
	int                                  r   = cli_manual(call->app, 8, DAOS_VERSION, &out);

	if (r == 0 && a->output == NULL)
		cli_print(call, strbuf_str(&out));
	else if (r == 0)
		r = fs_write_atomic(a->output, out.s, out.len, 0644);
	return r != 0 ? cli_error_set(e, r, "%s: %s", a->output ? a->output : "manual page",
				      strerror(-r))
		      : 0;
}
