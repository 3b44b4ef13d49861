#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/crc.h"

/* Vectors of RFC 3720 appendix B.4 and the customary check value. */
static void
known_vectors(void **state)
{
	uint8_t buf[32];

	assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283U);
	for (unsigned i = 0; i < 32; i++)
		buf[i] = 0;
	assert_int_equal(crc32c(0, buf, 32), 0x8A9136AAU);
	for (unsigned i = 0; i < 32; i++)
		buf[i] = 0xFF;
	assert_int_equal(crc32c(0, buf, 32), 0x62A8AB43U);
	for (unsigned i = 0; i < 32; i++)
		buf[i] = (uint8_t)i;
	assert_int_equal(crc32c(0, buf, 32), 0x46DD794EU);
}

static void
pieces_give_the_same(void **state)
{
	assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), crc32c(0, "123456789", 9));
	assert_int_equal(crc32c(0, "", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_vectors),
	    cmocka_unit_test(pieces_give_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
