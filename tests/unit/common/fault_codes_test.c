/* The fault catalogue against the table of upstream's faults, and every resolution against what
 * makes one useful. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/fault.h"
#include "common/fs.h"
#include "common/str.h"

#define MAX_BYTES 65536

struct row {
	char *code, *identifier, *domain, *raised;
};

typedef void (*row_fn)(const struct row *row);

/* Calls fn for each row of tests/data/faults.tsv; returns how many there were. */
static unsigned
each_row(row_fn fn)
{
	const char            *dir = getenv("TEST_DATA_DIR");
	_cleanup_(freep) char *path, *text = NULL;
	char                  *rest, *line;
	unsigned               n = 0;

	assert_non_null(dir);
	path = str_format("%s/faults.tsv", dir);
	assert_int_equal(fs_read_file(path, MAX_BYTES, &text, NULL), 0);
	rest = text;
	(void)strsep(&rest, "\n"); /* the header */
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct row row;

		if (*line == '\0')
			continue;
		row.code       = strsep(&line, "\t");
		row.identifier = strsep(&line, "\t");
		row.domain     = strsep(&line, "\t");
		row.raised     = strsep(&line, "\t");
		fn(&row);
		n++;
	}
	return n;
}

static uint32_t
code_of(const struct row *row)
{
	uint32_t code;

	assert_int_equal(str_to_u32(row->code, 10, &code), 0);
	return code;
}

/* ServerConfigBadPort and SERVER_CONFIG_BAD_PORT: the same letters. */
static bool
same_letters(const char *identifier, const char *name)
{
	char   plain[128];
	size_t n = 0;

	for (; *name != '\0' && n < sizeof(plain) - 1; name++)
		if (*name != '_')
			plain[n++] = *name;
	plain[n] = '\0';
	return str_eq_nocase(identifier, plain);
}

static void
check_identity(const struct row *row)
{
	const char *name   = fault_code_name(code_of(row));
	const char *domain = fault_code_domain(code_of(row));

	if (name == NULL || !same_letters(row->identifier, name))
		fail_msg("code %s is %s, not %s", row->code, name ? name : "absent",
			 row->identifier);
	if (!str_eq(row->domain, "-") && !str_eq(row->domain, domain))
		fail_msg("domain of %s is %s, not %s", row->identifier, domain, row->domain);
}

static unsigned n_catalogue;

static void
test_numbers_names_and_domains(void **state)
{
	unsigned n = each_row(check_identity);

	for (uint32_t code = 0; code < 2000; code++)
		n_catalogue += fault_code_name(code) != NULL;
	assert_int_equal(n, n_catalogue); /* no code of our own invention */
}

/* Whether the text names something to act on: a key, a program, a file, an option. */
static bool
names_something(const char *text)
{
	static const char *const marks[] = {
	    "dmg ",    "daos_",    "--",       "_",        "umount", "chmod",  "chown",
	    "install", "PATH",     "class ",   "engine",   "boot",   "port",   "label",
	    "targets", "provider", "hostlist", "firmware", "ipmctl", "openssl"};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(text, marks[i]) != NULL)
			return true;
	return false;
}

static void
check_resolution(const struct row *row)
{
	static const char *const empty_words[] = {"no known resolution", "check the log",
						  "inspect server log",  "contact support",
						  "admin guide",         "see documentation"};
	const char              *text          = fault_code_resolution(code_of(row));

	if (code_of(row) == FAULT_UNKNOWN)
		return; /* an error that is not in the catalogue: nothing is known about it */
	for (size_t i = 0; i < ARRAY_SIZE(empty_words); i++)
		if (strstr(text, empty_words[i]) != NULL)
			fail_msg("resolution of %s says \"%s\"", row->identifier, empty_words[i]);
	if (strlen(text) < 20 || strchr(text, ' ') == NULL)
		fail_msg("resolution of %s is too short: \"%s\"", row->identifier, text);
	if (str_eq(row->raised, "yes") && !names_something(text))
		fail_msg("resolution of %s names nothing to act on: \"%s\"", row->identifier, text);
}

static void
test_resolutions_can_be_acted_on(void **state)
{
	assert_true(each_row(check_resolution) > 140);
}

/* Longer texts would be cut when a fault is raised. */
static void
test_resolutions_fit(void **state)
{
	struct fault f = FAULT_INIT;

	for (uint32_t code = 0; code < 2000; code++)
		if (fault_code_resolution(code) != NULL)
			assert_true(strlen(fault_code_resolution(code)) < sizeof(f.resolution));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers_names_and_domains),
	    cmocka_unit_test(test_resolutions_can_be_acted_on),
	    cmocka_unit_test(test_resolutions_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
