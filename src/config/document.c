/*
 * YAML text to a libyaml document. A first pass over the events refuses what a configuration has no
 * use for and what could make decoding expensive, each with its place.
 */
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/fs.h"
#include "config/config_private.h"

static int
report(struct cfg_problems *problems, size_t line, size_t column, const char *text)
{
	struct cfg_problem q = {.severity = CFG_ERROR,
				.stage    = CFG_STAGE_PARSE,
				.line     = (unsigned)line + 1,
				.column   = (unsigned)column + 1};

	(void)fault_plain(&q.fault, -EINVAL, "%s", text);
	return cfg_problems_add_hard(problems, &q) < 0 ? -ENOMEM : -EINVAL;
}

static int
report_parser(struct cfg_problems *problems, const yaml_parser_t *parser)
{
	char text[512];

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	(void)snprintf(text, sizeof(text), "not YAML: %s%s%s",
		       parser->problem ? parser->problem : "unreadable",
		       parser->context ? ", " : "", parser->context ? parser->context : "");
	if (parser->error == YAML_READER_ERROR) /* no mark: the input is not even text */
		return report(problems, parser->mark.line, parser->mark.column, text);
	return report(problems, parser->problem_mark.line, parser->problem_mark.column, text);
}

struct scan {
	struct cfg_problems *problems;
	unsigned             depth;
	unsigned             documents;
};

/* Tags that only spell out what a value is anyway. */
static bool
tag_is_harmless(const yaml_char_t *tag)
{
	static const char *const names[]  = {"str", "int", "bool", "float", "null", "seq", "map"};
	static const char        prefix[] = "tag:yaml.org,2002:";

	if (tag == NULL || str_eq((const char *)tag, "!"))
		return true;
	if (!str_starts((const char *)tag, prefix))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq((const char *)tag + strlen(prefix), names[i]))
			return true;
	return false;
}

static int
check_event(struct scan *s, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++s->documents > 1)
			return report(s->problems, e->start_mark.line, e->start_mark.column,
				      "a second document (---) is not allowed; keep one "
				      "configuration in a file");
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag    = e->data.mapping_start.tag;
		s->depth++;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag    = e->data.sequence_start.tag;
		s->depth++;
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		s->depth--;
		break;
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		tag    = e->data.scalar.tag;
		if (e->data.scalar.length == 2 && e->data.scalar.plain_implicit &&
		    memcmp(e->data.scalar.value, "<<", 2) == 0)
			return report(s->problems, e->start_mark.line, e->start_mark.column,
				      "merge key << is not supported; write the keys out");
		break;
	case YAML_ALIAS_EVENT:
		return report(s->problems, e->start_mark.line, e->start_mark.column,
			      "aliases (*name) are not supported; write the value out");
	default:
		break;
	}
	if (anchor != NULL)
		return report(
		    s->problems, e->start_mark.line, e->start_mark.column,
		    "anchors (&name) are not supported; write the value out where it is needed");
	if (!tag_is_harmless(tag))
		return report(s->problems, e->start_mark.line, e->start_mark.column,
			      "tags (!name) are not supported");
	if (s->depth > CFG_MAX_DEPTH)
		return report(s->problems, e->start_mark.line, e->start_mark.column,
			      "nested too deeply for a configuration");
	return 0;
}

static int
scan_events(const char *text, size_t len, struct cfg_problems *problems)
{
	struct scan   s = {.problems = problems};
	yaml_parser_t parser;
	yaml_event_t  event;
	bool          end = false;
	int           r   = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (r == 0 && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			r = report_parser(problems, &parser);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		r   = check_event(&s, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r;
}

int
cfg_document_load(const char *text, size_t len, yaml_document_t *ret, struct cfg_problems *problems)
{
	yaml_parser_t parser;
	int           r;

	if (len > CFG_MAX_BYTES)
		return report(problems, 0, 0, "larger than 1 MiB, which no configuration is");
	r = scan_events(text, len, problems);
	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	/* The scan has shown that the text is right, so only memory can fail; libyaml does not
	 * always say so. */
	r = yaml_parser_load(&parser, ret) ? 0 : -ENOMEM;
	yaml_parser_delete(&parser);
	return r;
}

int
cfg_read_file(const char *path, char **ret, size_t *ret_len, struct cfg_problems *problems)
{
	struct cfg_problem q = {.severity = CFG_ERROR, .stage = CFG_STAGE_READ};
	int                r = fs_read_file(path, CFG_MAX_BYTES, ret, ret_len);

	if (r == 0 || r == -ENOMEM)
		return r;
	if (r == -ENOENT)
		(void)fault_plain(&q.fault, r, "stat %s: no such file or directory", path);
	else if (r == -EFBIG)
		(void)fault_plain(&q.fault, r, "%s is larger than 1 MiB, which no configuration is",
				  path);
	else
		(void)fault_plain(&q.fault, r, "reading %s: %s", path, strerror(-r));
	return cfg_problems_add(problems, &q) < 0 ? -ENOMEM : r;
}
