/*
 * Sizes as people write and read them. The rounding is upstream's, because outputs are compared.
 */
#include "common/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"

#define N_POWERS 7 /* none to exa */

static const char *const si_names[N_POWERS]  = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
static const char *const iec_names[N_POWERS] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

/* Unit in lower case → factor; false when unknown. */
static bool
unit_factor(const char *unit, double *ret)
{
	static const char letters[] = "kmgtpe";
	const char       *letter;
	bool              binary;
	double            factor = 1;

	if (str_eq(unit, "") || str_eq(unit, "b")) {
		*ret = 1;
		return true;
	}
	letter = strchr(letters, unit[0]);
	if (letter == NULL)
		return false;
	binary = unit[1] == 'i';
	unit += binary ? 2 : 1;
	if (!str_eq(unit, "") && !str_eq(unit, "b"))
		return false;
	for (long i = 0; i <= letter - letters; i++)
		factor *= binary ? 1024 : 1000;
	*ret = factor;
	return true;
}

int
size_parse(const char *text, uint64_t *ret_bytes, struct fault *f)
{
	char   number[64], unit[8] = "";
	size_t n = 0, u = 0, dots = 0;
	double value, factor;
	char  *end;

	for (; isdigit((unsigned char)*text) || *text == '.' || *text == ','; text++) {
		dots += *text == '.';
		if (*text != ',' && n < sizeof(number) - 1)
			number[n++] = *text;
	}
	number[n] = '\0';
	for (; isspace((unsigned char)*text); text++)
		;
	for (; *text != '\0' && !isspace((unsigned char)*text) && u < sizeof(unit) - 1; text++)
		unit[u++] = (char)tolower((unsigned char)*text);
	unit[u] = '\0';
	text += strspn(text, " \t\r\n");
	value = strtod(number, &end);
	if (n == dots || *end != '\0' || *text != '\0' || n == sizeof(number) - 1 ||
	    !unit_factor(unit, &factor))
		return fault_plain(
		    f, -EINVAL,
		    "not a size; a number with an optional unit (B, KB, KiB … EB, EiB) is wanted");
	value *= factor;
	if (value >= 18446744073709551615.0)
		return fault_plain(f, -ERANGE, "size is larger than 16 EiB");
	*ret_bytes = (uint64_t)value;
	return 0;
}

static char *
format_scaled(uint64_t bytes, double base, const char *const *names, char buf[SIZE_TEXT_MAX])
{
	double value = (double)bytes;
	int    power = 0;

	if (bytes < 10) {
		(void)snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 " B", bytes);
		return buf;
	}
	for (; value >= base && power < N_POWERS - 1; power++)
		value /= base;
	value = (double)(uint64_t)(value * 10 + 0.5) / 10; /* half up */
	(void)snprintf(buf, SIZE_TEXT_MAX, "%.*f %s", value < 10 ? 1 : 0, value, names[power]);
	return buf;
}

char *
size_format_si(uint64_t bytes, char buf[SIZE_TEXT_MAX])
{
	return format_scaled(bytes, 1000, si_names, buf);
}

char *
size_format_iec(uint64_t bytes, char buf[SIZE_TEXT_MAX])
{
	return format_scaled(bytes, 1024, iec_names, buf);
}

char *
size_format_human(double value, enum size_human_base base, const char *suffix,
		  char buf[SIZE_TEXT_MAX])
{
	static const char powers[] = " KMGTPEZY";
	double            step     = base == SIZE_HUMAN_BINARY ? 1024 : 1000;
	const char       *infix    = base == SIZE_HUMAN_BINARY && *suffix != '\0' ? "i" : "";
	double            scaled   = value;

	if (value == 0) {
		(void)snprintf(buf, SIZE_TEXT_MAX, "0 %s", suffix);
		return buf;
	}
	for (size_t i = 0; powers[i] != '\0'; i++, scaled /= step) {
		if (fabs(scaled) >= step)
			continue;
		if (i == 0) /* upstream prints the binary mark without a power, too */
			(void)snprintf(buf, SIZE_TEXT_MAX, "%.2f%s%s%s", scaled,
				       *suffix != '\0' ? " " : "", infix, suffix);
		else
			(void)snprintf(buf, SIZE_TEXT_MAX, "%.2f %c%s%s", scaled, powers[i], infix,
				       suffix);
		return buf;
	}
	(void)snprintf(buf, SIZE_TEXT_MAX, "%E %s%s", value, infix, suffix);
	return buf;
}

char *
size_format_percent(uint64_t part, uint64_t total, char buf[SIZE_TEXT_MAX])
{
	if (total == 0)
		(void)snprintf(buf, SIZE_TEXT_MAX, "N/A");
	else
		(void)snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 " %%",
			       (uint64_t)((double)part / (double)total * 100));
	return buf;
}

/* "2.500000" becomes "2.5", "8.000000" becomes "8". */
static void
drop_zeros(char *number)
{
	size_t n = strlen(number);

	while (n > 0 && number[n - 1] == '0')
		n--;
	n -= n > 0 && number[n - 1] == '.';
	number[n] = '\0';
}

char *
size_format_link_speed(double transfers_per_s, char buf[SIZE_TEXT_MAX])
{
	static const char powers[] = " kMGTPE";
	size_t            power    = 0;
	char              number[64];

	while (fabs(transfers_per_s) >= 1000 && powers[power + 1] != '\0') {
		transfers_per_s /= 1000;
		power++;
	}
	(void)snprintf(number, sizeof(number), "%.6f", transfers_per_s);
	drop_zeros(number);
	if (power == 0)
		(void)snprintf(buf, SIZE_TEXT_MAX, "%s T/s", number);
	else
		(void)snprintf(buf, SIZE_TEXT_MAX, "%s %cT/s", number, powers[power]);
	return buf;
}
