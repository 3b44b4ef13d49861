/*
 * Growth of vectors: doubling, so that n pushes cost O(n).
 */
#include "common/vec.h"

int
vec_reserve_raw(void **v, size_t *cap, size_t want, size_t elem_size)
{
	size_t new_cap = *cap ? *cap : 4;
	void  *grown;

	if (want <= *cap)
		return 0;
	while (new_cap < want) {
		if (new_cap > SIZE_MAX / 2)
			return -ENOMEM;
		new_cap *= 2;
	}
	if (new_cap > SIZE_MAX / elem_size)
		return -ENOMEM;
	grown = realloc(*v, new_cap * elem_size);
	if (grown == NULL)
		return -ENOMEM;
	*v   = grown;
	*cap = new_cap;
	return 0;
}
