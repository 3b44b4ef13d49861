/* Rank sets: the printed form reads back as the same set, and every member is found. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/ranks.h"
#include "common/str.h"

#define MAX_TEXT 256

static void
check(const struct rank_set *set)
{
	struct rank_set again = RANK_SET_INIT;
	char           *text  = rank_set_ranged(set), *json;
	size_t          n = rank_set_count(set), seen = 0;

	rank_set_foreach(set, r)
	{
		assert(rank_set_has(set, (uint32_t)r));
		if (++seen == 100)
			break;
	}
	assert(seen == MIN(n, (size_t)100));
	assert(text != NULL);
	/* Ranges that were joined may be longer than a text may ask for. */
	if (rank_set_parse(&again, text, NULL) == 0)
		assert(rank_set_count(&again) == n);
	if (n < 1000) {
		json = rank_set_json(set);
		assert(json != NULL && rank_set_parse_json(&again, json, NULL) == 0);
		assert(rank_set_count(&again) == n);
		free(json);
	}
	free(text);
	rank_set_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rank_set set = RANK_SET_INIT;
	char            text[MAX_TEXT + 1];

	size = MIN(size, (size_t)MAX_TEXT);
	memcpy(text, data, size);
	text[size] = '\0';
	if (rank_set_parse(&set, text, NULL) == 0)
		check(&set);
	if (rank_set_parse_json(&set, text, NULL) == 0)
		check(&set);
	rank_set_fini(&set);
	return 0;
}
