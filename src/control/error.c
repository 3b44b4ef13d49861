/*
 * Errors of the installed API, made from faults and call outcomes.
 */
#include <stdarg.h>
#include <stdio.h>

#include "control/control_private.h"

void
ctl_error_from_fault(struct daosctl_error *e, const struct fault *f)
{
	if (e == NULL)
		return;
	*e = (struct daosctl_error){.fault_code = f->code};
	(void)fault_format(f, e->text, sizeof(e->text));
	(void)snprintf(e->brief, sizeof(e->brief), "%s", f->description);
	if (fault_has_resolution(f))
		(void)fault_format_resolution(f, e->resolution, sizeof(e->resolution));
}

void
ctl_error_from_status(struct daosctl_error *e, const struct rpc_status *s)
{
	if (e == NULL)
		return;
	if (s->detail == RPC_DETAIL_FAULT) {
		ctl_error_from_fault(e, &s->fault);
		return;
	}
	*e = (struct daosctl_error){0};
	if (s->detail == RPC_DETAIL_DAOS_STATUS)
		e->daos_status = s->daos_status;
	(void)rpc_status_format(s, e->text, sizeof(e->text));
	(void)snprintf(e->brief, sizeof(e->brief), "%.*s", (int)sizeof(e->brief) - 1, e->text);
}

int
ctl_error_set(struct daosctl_error *e, int err, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return err;
	*e = (struct daosctl_error){0};
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	(void)snprintf(e->brief, sizeof(e->brief), "%.*s", (int)sizeof(e->brief) - 1, e->text);
	return err;
}
