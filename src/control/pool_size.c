/*
 * Sizes of a new pool: the words, the rules which of them go together, and the request they make.
 */
#include "control/pool_size.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/size.h"
#include "common/str.h"

#define SCM_SHARE_DEFAULT 0.06
#define MEM_RATIO_DEFAULT 1.0F
#define FIRST_TIER_SMALL  1.0  /* per cent of both tiers */
#define RATIO_SLACK       0.01 /* what the sum of ratios may be off */

/* ---- words ---- */

/*
 * Two decimals of a per cent, half away from zero. What is far outside 0 to 100 is refused later.
 */
static double
rounded(double percent)
{
	if (fabs(percent) > 1000)
		return percent;
	return (double)(int64_t)(percent * 100 + (percent < 0 ? -0.5 : 0.5)) / 100;
}

/* One per cent value; signs around it do not matter. */
static int
read_percent(char *word, double *ret)
{
	char *end;

	while (*word == '%')
		word++;
	for (size_t n = strlen(word); n > 0 && word[n - 1] == '%'; n--)
		word[n - 1] = '\0';
	word = str_trim(word);
	if (*word == '\0')
		return -EINVAL;
	*ret = strtod(word, &end);
	return *end == '\0' && isfinite(*ret) ? 0 : -EINVAL;
}

static int
check_ratios(const struct pool_size_ratios *r, struct fault *f)
{
	double sum = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i] < 0 || r->v[i] > 1)
			return fault_plain(f, -EINVAL,
					   "Storage tier ratio must be a value between 0-100");
		sum += r->v[i];
	}
	if (fabs(sum - 1) > RATIO_SLACK)
		return fault_plain(f, -EINVAL, "Storage tier ratios must add up to 100 (got %f)",
				   sum * 100);
	return 0;
}

int
pool_size_ratios_parse(const char *text, struct pool_size_ratios *ret, struct fault *f)
{
	_cleanup_(freep) char  *copy = strdup(text);
	struct pool_size_ratios r    = {.n = 0};
	char                   *rest = copy, *word;
	double                  percent;
	int                     rc;

	if (copy == NULL)
		return -ENOMEM;
	if (*text == '\0')
		return fault_plain(f, -EINVAL, "no tier ratio specified");
	while ((word = strsep(&rest, ",")) != NULL) {
		if (r.n == POOL_SIZE_RATIOS_MAX)
			return fault_plain(f, -EINVAL, "more than %d tier ratios",
					   POOL_SIZE_RATIOS_MAX);
		if (read_percent(word, &percent) < 0)
			return fault_plain(f, -EINVAL, "invalid tier ratio \"%s\"", text);
		r.v[r.n++] = rounded(percent) / 100;
	}
	if (r.n == 1 && r.v[0] < 1)
		r.v[r.n++] = 1 - r.v[0];
	rc = check_ratios(&r, f);
	if (rc == 0)
		*ret = r;
	return rc;
}

void
pool_size_ratios_default(struct pool_size_ratios *ret)
{
	*ret = (struct pool_size_ratios){.v = {SCM_SHARE_DEFAULT, 1 - SCM_SHARE_DEFAULT}, .n = 2};
}

char *
pool_size_ratios_text(const struct pool_size_ratios *r)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < r->n; i++)
		strbuf_addf(&out, "%s%.2f%%", i > 0 ? "," : "", r->v[i] * 100);
	return strbuf_take(&out);
}

static int
parse_bytes(const char *text, uint64_t *ret, struct fault *f)
{
	int r;

	if (*text == '\0')
		return fault_plain(f, -EINVAL, "no size specified");
	r = size_parse(text, ret, f);
	if (r < 0)
		fault_wrap(f, "invalid size \"%s\"", text);
	return r;
}

int
pool_size_amount_parse(const char *text, struct pool_size_amount *ret, struct fault *f)
{
	_cleanup_(freep) char  *copy = strdup(text);
	struct pool_size_amount a    = {0};
	uint64_t                percent;
	char                   *word;
	int                     r;

	if (copy == NULL)
		return -ENOMEM;
	word = str_trim(copy);
	if (!str_ends(word, "%")) {
		r = parse_bytes(text, &a.bytes, f);
		if (r == 0)
			*ret = a;
		return r;
	}
	word[strlen(word) - 1] = '\0';
	word                   = str_trim(word);
	if (str_to_u64(word, 10, &percent) < 0)
		return fault_plain(f, -EINVAL, "invalid pool size ratio \"%s\"", text);
	if (percent == 0 || percent > 100)
		return fault_plain(f, -ERANGE,
				   "Creating DAOS pool with invalid full size ratio %s: allowed "
				   "range 0 < ratio <= 100",
				   text);
	ret->percent = (unsigned)percent;
	ret->bytes   = 0;
	return 0;
}

char *
pool_size_amount_text(const struct pool_size_amount *a)
{
	char buf[SIZE_TEXT_MAX];

	return a->percent > 0 ? str_format("%u%%", a->percent)
			      : strdup(size_format_si(a->bytes, buf));
}

/* ---- options ---- */

static int
incompatible(const char *option, const char *other, struct fault *f)
{
	return fault_plain(f, -EINVAL, "--%s may not be mixed with --%s", option, other);
}

/* Exactly one style. */
static int
check_style(const struct pool_size_options *o, struct fault *f)
{
	bool scm = o->scm_size != NULL || o->nvme_size != NULL;
	bool md  = o->meta_size != NULL || o->data_size != NULL;

	if (scm + md + (o->size != NULL) == 1)
		return 0;
	return fault_plain(f, -EINVAL,
			   "unsupported option combination, use (--scm-size and --nvme-size) or "
			   "(--meta-size and --data-size) or (--size)");
}

/* The memory file's part of the metadata; `preset` when nothing is said. */
static int
read_mem_ratio(const char *text, float preset, float *ret, struct fault *f)
{
	struct pool_size_ratios r;
	int                     rc;

	*ret = preset;
	if (text == NULL)
		return 0;
	rc = pool_size_ratios_parse(text, &r, f);
	if (rc < 0)
		return rc;
	if (r.n != 2 && r.v[0] < 1)
		return fault_plain(f, -EINVAL, "unexpected mem-ratio: want 2 ratio values got %zu",
				   r.n);
	*ret = (float)r.v[0];
	return 0;
}

static int
make_share(const struct pool_size_options *o, const struct pool_size_amount *size,
	   struct pool_size_request *r, struct fault *f)
{
	if (o->n_ranks > 0)
		return incompatible("size=%", "nranks", f);
	if (o->tier_ratio != NULL)
		return incompatible("size=%", "tier-ratio", f);
	r->style        = POOL_SIZE_SHARE;
	r->tier_ratio.n = POOL_SIZE_TIERS;
	for (size_t i = 0; i < POOL_SIZE_TIERS; i++)
		r->tier_ratio.v[i] = size->percent / 100.0;
	return read_mem_ratio(o->mem_ratio, 0, &r->mem_ratio, f);
}

static int
make_total(const struct pool_size_options *o, const struct pool_size_amount *size,
	   struct pool_size_request *r, struct fault *f)
{
	int rc = 0;

	if (o->n_ranks > 0 && o->ranks_given)
		return incompatible("nranks", "ranks", f);
	r->style       = POOL_SIZE_TOTAL;
	r->total_bytes = size->bytes;
	r->n_ranks     = o->n_ranks;
	pool_size_ratios_default(&r->tier_ratio);
	if (o->tier_ratio != NULL)
		rc = pool_size_ratios_parse(o->tier_ratio, &r->tier_ratio, f);
	if (rc == 0 && r->tier_ratio.n != POOL_SIZE_TIERS)
		rc = fault_plain(f, -EINVAL, "want %d tier ratio values got %zu", POOL_SIZE_TIERS,
				 r->tier_ratio.n);
	return rc < 0 ? rc : read_mem_ratio(o->mem_ratio, 0, &r->mem_ratio, f);
}

static int
make_manual(const struct pool_size_options *o, struct pool_size_request *r, struct fault *f)
{
	bool        md     = o->meta_size != NULL || o->data_size != NULL;
	const char *first  = md ? o->meta_size : o->scm_size;
	const char *second = md ? o->data_size : o->nvme_size;
	int         rc     = 0;

	if (o->n_ranks > 0)
		return incompatible("nranks", "scm-size", f);
	if (o->tier_ratio != NULL)
		return incompatible("tier-ratio", "scm-size", f);
	if (!md && o->mem_ratio != NULL)
		return incompatible("mem-ratio", "scm-size", f);
	if (!md && first == NULL)
		return fault_plain(f, -EINVAL, "--nvme-size cannot be set without --scm-size");
	r->style        = md ? POOL_SIZE_MANUAL_MD : POOL_SIZE_MANUAL;
	r->n_tier_bytes = POOL_SIZE_TIERS;
	if (first != NULL)
		rc = parse_bytes(first, &r->tier_bytes[0], f);
	if (rc == 0 && second != NULL)
		rc = parse_bytes(second, &r->tier_bytes[1], f);
	if (rc == 0 && md)
		rc = read_mem_ratio(o->mem_ratio, MEM_RATIO_DEFAULT, &r->mem_ratio, f);
	return rc;
}

int
pool_size_request_make(const struct pool_size_options *o, struct pool_size_request *ret,
		       struct fault *f)
{
	struct pool_size_request r    = {0};
	struct pool_size_amount  size = {0};
	enum pool_size_style     style;
	int                      rc = 0;

	if (o->size != NULL)
		rc = pool_size_amount_parse(o->size, &size, f);
	if (rc == 0)
		rc = check_style(o, f);
	if (rc < 0)
		return rc;
	if (o->size == NULL)
		rc = make_manual(o, &r, f);
	else if (size.percent > 0)
		rc = make_share(o, &size, &r, f);
	else
		rc = make_total(o, &size, &r, f);
	if (rc == 0)
		rc = pool_size_request_check(&r, &style, f);
	if (rc == 0)
		*ret = r;
	return rc;
}

/* ---- the request ---- */

/* The first tier's part of both, in per cent. */
static double
first_tier_percent(double first, double second)
{
	return second > 0 ? 100 * first / (first + second) : 100;
}

char *
pool_size_announcement(const struct pool_size_request *r)
{
	struct strbuf out = STRBUF_INIT;
	char          a[SIZE_TEXT_MAX], b[SIZE_TEXT_MAX];
	double        first = (double)r->tier_bytes[0], second = (double)r->tier_bytes[1];

	strbuf_add(&out, "Creating DAOS pool ");
	switch (r->style) {
	case POOL_SIZE_SHARE:
		strbuf_addf(&out, "with %.0f%% of all storage", r->tier_ratio.v[0] * 100);
		break;
	case POOL_SIZE_TOTAL:
		strbuf_addf(
		    &out, "with automatic storage allocation: %s total, %.2f%% storage tier ratio",
		    size_format_si(r->total_bytes, a),
		    first_tier_percent(r->tier_ratio.v[0], r->tier_ratio.v[1]));
		if (r->n_ranks > 0)
			strbuf_addf(&out, " with %" PRIu32 " ranks", r->n_ranks);
		break;
	case POOL_SIZE_MANUAL_MD:
		strbuf_addf(&out,
			    "in MD-on-SSD mode with manual per-engine storage allocation: %s "
			    "metadata, %s data (",
			    size_format_si(r->tier_bytes[0], a),
			    size_format_si(r->tier_bytes[1], b));
		if (second > 0)
			strbuf_addf(&out, "%.2f%%", 100 * first / second);
		else
			strbuf_add(&out, "+Inf%"); /* as upstream prints a pool without data */
		strbuf_addf(&out,
			    " storage tier ratio) and %.2f%% memory-file:meta-blob size ratio",
			    100 * (double)r->mem_ratio);
		break;
	default:
		strbuf_addf(&out,
			    "with manual per-engine storage allocation: %s SCM, %s NVMe (%.2f%% "
			    "storage tier ratio)",
			    size_format_si(r->tier_bytes[0], a),
			    size_format_si(r->tier_bytes[1], b), first_tier_percent(first, second));
		break;
	}
	return strbuf_take(&out);
}

const char *
pool_size_notice(const struct pool_size_request *r)
{
	bool   total  = r->style == POOL_SIZE_TOTAL;
	double first  = total ? r->tier_ratio.v[0] : (double)r->tier_bytes[0];
	double second = total ? r->tier_ratio.v[1] : (double)r->tier_bytes[1];

	if (!total && r->style != POOL_SIZE_MANUAL)
		return NULL;
	if (second <= 0)
		return "Creating DAOS pool with only a single tier of storage";
	return first_tier_percent(first, second) < FIRST_TIER_SMALL
		   ? "storage tier ratio is less than 1.00%, DAOS performance will suffer!"
		   : NULL;
}

int
pool_size_request_check(const struct pool_size_request *r, enum pool_size_style *ret,
			struct fault *f)
{
	bool bytes  = r->n_tier_bytes == POOL_SIZE_TIERS && r->tier_ratio.n == 0;
	bool ratios = r->n_tier_bytes == 0 && r->tier_ratio.n == POOL_SIZE_TIERS;

	if (!(bytes && r->total_bytes == 0) && !ratios)
		return fault_plain(f, -EINVAL,
				   "a pool is made from %d tier sizes, or from %d tier ratios with "
				   "or without a total size",
				   POOL_SIZE_TIERS, POOL_SIZE_TIERS);
	if (bytes && r->tier_bytes[0] == 0)
		return fault_plain(f, -EINVAL,
				   "can't create pool with 0 byte first tier, tier 0 needs a size");
	if (ratios && r->tier_ratio.v[0] == 0)
		return fault_plain(
		    f, -EINVAL,
		    "can't create pool with zero first tier ratio, tier 0 needs a share");
	if (ratios && r->total_bytes == 0 && r->tier_ratio.v[0] != r->tier_ratio.v[1])
		return fault_plain(f, -EINVAL,
				   "different tier ratios with no total size is not supported");
	if (bytes)
		*ret = POOL_SIZE_MANUAL;
	else
		*ret = r->total_bytes > 0 ? POOL_SIZE_TOTAL : POOL_SIZE_SHARE;
	return 0;
}

int
pool_size_request_resolve(struct pool_size_request *r, uint64_t max_scm_bytes,
			  uint64_t max_nvme_bytes, struct fault *f)
{
	enum pool_size_style style;
	double               share = r->tier_ratio.v[0];
	uint64_t             scm;
	int                  rc = pool_size_request_check(r, &style, f);

	if (rc < 0 || style != POOL_SIZE_SHARE)
		return rc;
	scm = (uint64_t)((double)max_scm_bytes * share);
	if (scm == 0)
		return fault_plain(f, -ENOSPC,
				   "Not enough SCM storage available with ratio %d%%: SCM storage "
				   "capacity or ratio should be increased",
				   (int)(share * 100));
	r->tier_bytes[0] = scm;
	r->tier_bytes[1] = (uint64_t)((double)max_nvme_bytes * share);
	r->n_tier_bytes  = POOL_SIZE_TIERS;
	r->tier_ratio.n  = 0;
	return 0;
}
