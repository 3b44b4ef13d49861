/*
 * Stands in for libFuzzer in the normal test run: gives the decoder every seed of a directory and a
 * fixed number of mutations of each, from a generator with a fixed start, so that a failure comes
 * again.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTATIONS 4000
#define SEED_MAX  65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 0x9e3779b97f4a7c15;

static uint32_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

/*
 * Changes 1 to 4 places: a bit, a byte, an interesting 64-bit number, a cut, or a repeated piece.
 */
static size_t
mutate(uint8_t *p, size_t size)
{
	static const uint64_t numbers[] = {0,    1,          7,          8,         0x7f,
					   0xff, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};

	for (unsigned n = 1 + next_random() % 4; n > 0 && size > 0; n--) {
		size_t at = next_random() % size;

		switch (next_random() % 5) {
		case 0:
			p[at] ^= (uint8_t)(1 << next_random() % 8);
			break;
		case 1:
			p[at] = (uint8_t)next_random();
			break;
		case 2:
			at &= ~(size_t)7;
			if (size - at >= 8)
				memcpy(p + at, &numbers[next_random() % 10], 8);
			break;
		case 3:
			size = at + 1;
			break;
		default:
			if (size > 16 && at + 16 <= size)
				memmove(p + at, p + next_random() % (size - 15), 16);
			break;
		}
	}
	return size;
}

static void
run_seed(const uint8_t *seed, size_t size)
{
	(void)LLVMFuzzerTestOneInput(seed, size);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		/* exactly as large as the input, so that a sanitizer sees a step beyond its end */
		uint8_t *p = malloc(size + 1);
		size_t   n;

		memcpy(p, seed, size);
		n = mutate(p, size);
		p = realloc(p, n + 1);
		(void)LLVMFuzzerTestOneInput(p, n);
		free(p);
	}
}

int
main(int argc, char **argv)
{
	static uint8_t seed[SEED_MAX];
	struct dirent *e;
	unsigned       seeds = 0;
	DIR           *dir   = argc == 2 ? opendir(argv[1]) : NULL;

	if (dir == NULL) {
		fprintf(stderr, "usage: %s SEED_DIRECTORY\n", argv[0]);
		return 2;
	}
	while ((e = readdir(dir)) != NULL) {
		char  path[1024];
		FILE *f;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], e->d_name);
		f = fopen(path, "rb");
		if (f == NULL) {
			perror(path);
			return 2;
		}
		run_seed(seed, fread(seed, 1, sizeof(seed), f));
		fclose(f);
		seeds++;
	}
	closedir(dir);
	printf("%sok 1 - %u seeds, %u mutations of each\n1..1\n", seeds > 0 ? "" : "not ", seeds,
	       MUTATIONS);
	return seeds > 0 ? 0 : 1;
}
