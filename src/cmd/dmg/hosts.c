/*
 * Output that many commands share: hosts without ports, errors by host, counts.
 */
#include <string.h>

#include "cli/table.h"
#include "dmg.h"

char *
dmg_without_ports(const char *hosts)
{
	struct strbuf out = STRBUF_INIT;

	/* A port is what follows the only colon of an item; commas inside brackets do not matter to
	 * that. */
	while (*hosts != '\0') {
		size_t      len   = strcspn(hosts, ",");
		const char *colon = memchr(hosts, ':', len);

		if (colon != NULL &&
		    memchr(colon + 1, ':', len - (size_t)(colon + 1 - hosts)) == NULL)
			strbuf_add_len(&out, hosts, (size_t)(colon - hosts));
		else
			strbuf_add_len(&out, hosts, len);
		hosts += len;
		if (*hosts == ',') {
			strbuf_add_char(&out, ',');
			hosts++;
		}
	}
	strbuf_add(&out, "");
	return strbuf_take(&out);
}

void
dmg_add_count(struct strbuf *out, size_t n, const char *one)
{
	strbuf_addf(out, "%zu %s%s", n, one, n == 1 ? "" : "s");
}

static int
by_hosts(const void *a, const void *b)
{
	const struct daosctl_host_error *x = *(const struct daosctl_host_error *const *)a;
	const struct daosctl_host_error *y = *(const struct daosctl_host_error *const *)b;
	int                              d = strcmp(x->hosts, y->hosts);

	return d != 0 ? d : strcmp(x->text, y->text);
}

void
dmg_print_host_errors(const struct daosctl_host_errors *errors)
{
	_cleanup_(cli_table_freep) struct cli_table       *table  = NULL;
	_cleanup_(strbuf_fini) struct strbuf               out    = STRBUF_INIT;
	_cleanup_(freep) const struct daosctl_host_error **sorted = NULL;

	if (errors->n == 0)
		return;
	sorted = calloc(errors->n, sizeof(*sorted));
	table  = cli_table_new((const char *const[]){"Hosts", "Error"}, 2);
	if (sorted == NULL || table == NULL) {
		cli_print_error("out of memory: the errors of hosts are not shown");
		return;
	}
	for (size_t i = 0; i < errors->n; i++)
		sorted[i] = &errors->v[i];
	qsort(sorted, errors->n, sizeof(*sorted), by_hosts);
	for (size_t i = 0; i < errors->n; i++) {
		_cleanup_(freep) char *hosts = dmg_without_ports(sorted[i]->hosts);

		cli_table_row(table);
		cli_table_cell(table, 0, "%s", hosts ? hosts : sorted[i]->hosts);
		cli_table_cell(table, 1, "%s", sorted[i]->brief);
	}
	strbuf_add(&out, "Errors:\n");
	(void)cli_table_print(table, 2, &out); /* the buffer remembers */
	strbuf_add_char(&out, '\n');
	cli_print_error(strbuf_str(&out));
}

int
dmg_host_errors(struct cli_error *e, const struct daosctl_host_errors *errors)
{
	_cleanup_(strbuf_fini) struct strbuf text = STRBUF_INIT;

	if (errors->n == 0)
		return 0;
	dmg_add_count(&text, errors->n_hosts, "host");
	return cli_error_set(e, -EREMOTEIO, "%s had errors", strbuf_str(&text));
}
