/*
 * The mount table's parser. The first line of the input is the mount point asked for, the rest is
 * the table: what is found must be at that path, and found again by its device.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/storage_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stor_mount m, again;
	char             *text = malloc(size + 1);
	char             *table;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	table      = strchr(text, '\n');
	if (table != NULL) {
		*table++ = '\0';
		if (stor_mountinfo_find(table, text, &m)) {
			if (strcmp(m.target, text) != 0 ||
			    !stor_mountinfo_find_dev(table, m.dev, NULL, &again) ||
			    again.dev != m.dev)
				abort();
		}
	}
	free(text);
	return 0;
}
