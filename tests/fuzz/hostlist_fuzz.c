/*
 * Host lists: what a list parses to can be printed and read back with the same number of hosts; a
 * set holds every host of its own text.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/hostlist.h"
#include "common/str.h"

#define MAX_TEXT 512

/*
 * Only the first bracket of a name expands; `a[1]b[2-3]` is one host, which prints as a1b[2-3] and
 * then reads as two. Such names are left out of the checks of reading back.
 */
static bool
has_second_bracket(const char *text)
{
	const char *close = strchr(text, ']');

	return close != NULL && strchr(close, '[') != NULL &&
	       strcspn(close, "[") < strcspn(close, "\t, ");
}

static bool
reads_back(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == ']' && has_second_bracket(text))
			return false;
	return true;
}

static void
check_set(const char *text)
{
	struct hostset *a = NULL, *b = NULL;
	char           *first = NULL, *second = NULL;

	if (hostset_parse(text, &a, NULL) == 0) {
		first = hostset_text(a);
		if (first != NULL && hostset_parse(first, &b, NULL) == 0) {
			second = hostset_text(b);
			assert(second != NULL);
			/* a second folding changes nothing more */
			assert(!reads_back(text) || hostset_count(b) <= hostset_count(a));
		}
		(void)hostset_delete(a, text, NULL, NULL);
		assert(hostset_count(a) == 0);
	}
	free(first);
	free(second);
	a = hostset_free(a);
	b = hostset_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hostlist *l = NULL, *again             = NULL;
	char             text[MAX_TEXT + 1], *printed = NULL;

	size = MIN(size, (size_t)MAX_TEXT);
	memcpy(text, data, size);
	text[size] = '\0';
	if (hostlist_parse(text, &l, NULL) == 0) {
		printed = hostlist_text(l);
		if (printed != NULL && hostlist_parse(printed, &again, NULL) == 0)
			assert(!reads_back(text) || hostlist_count(l) == hostlist_count(again));
		if (hostlist_count(l) < 1000)
			(void)hostlist_delete(l, text, NULL, NULL); /* an empty list is refused */
	}
	free(printed);
	l     = hostlist_free(l);
	again = hostlist_free(again);
	check_set(text);
	return 0;
}
