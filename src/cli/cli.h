/*
 * Command lines of programs with subcommands: static rows, parsing, help, errors (cli-dmg.md §1).
 *
 * A program is one `struct cli_app` with a table of commands. A command is found by its words, its
 * options fill a struct of the program's own through offsets, and its run function gets that
 * struct. Options and words may be mixed;
 * `--opt=v`, `--opt v`, `-ov`, `-o v`, `-abc` and `--` are understood. Options of a level are known
 * from the word of that level on.
 *
 * Nothing here prints but cli_main(); parsing works on values and is tested that way.
 */
#pragma once

#include "common/fault.h"
#include "common/str.h"
#include "common/util.h"

/* ---- errors ---- */

/* Why a command failed: a text, and where they apply a resolution line and a DAOS status. */
struct cli_error {
	bool    set;
	int32_t daos_status; /* negative, or 0 */
	char   *text;        /* owned */
	char   *resolution;  /* owned; complete line, NULL for none */
};
void cli_error_fini(struct cli_error *e);
/* Overwrites *e. Returns err. */
int cli_error_set(struct cli_error *e, int err, const char *fmt, ...) _printf_(3, 4);
/* From a fault: its text form and, when it has one, its resolution. Returns err. */
int cli_error_from_fault(struct cli_error *e, int err, const struct fault *f);
/* Puts "context: " before the text. Does nothing when no error is set. */
void cli_error_wrap(struct cli_error *e, const char *fmt, ...) _printf_(2, 3);

/* ---- options, positional words, commands ---- */

enum cli_type {
	CLI_BOOL,   /* bool */
	CLI_STRING, /* const char *, borrowed from argv */
	CLI_U32,    /* uint32_t */
	CLI_CUSTOM, /* parse() stores it */
};

struct cli_option {
	char          short_name; /* 0: none */
	const char   *long_name;  /* NULL: none; both empty end a table */
	enum cli_type type;
	size_t        offset; /* in the command's struct */
	const char   *help;
	const char   *kind;       /* what a value is, for error texts: "rank set" */
	const char   *value_name; /* after `=` in help; NULL: nothing */
	bool          required;
	bool          hidden;
	/* CLI_CUSTOM: checks `value` and stores it at `target`; on failure puts the reason into
	 * `why` and returns -EINVAL. */
	int (*parse)(const char *value, void *target, struct strbuf *why);
};
#define CLI_OPTIONS_END                                                                            \
	{                                                                                          \
		0                                                                                  \
	}

struct cli_word {
	const char
	    *name; /* as in `the required argument `<name>` was not provided`; NULL ends a table */
	size_t offset; /* const char * in the command's struct; with `rest` a struct cli_words */
	bool   required;
	bool   rest; /* takes all following words */
	const char *help;
};

struct cli_words {
	const char **v; /* freed by the frame */
	size_t       n;
};

struct cli_app;
struct cli_call;

struct cli_command {
	const char              *path;    /* "system query"; a group has rows below it and no run */
	const char              *aliases; /* of the last word, blank separated; NULL: none */
	const char              *help;    /* one line */
	const struct cli_option *options;
	const struct cli_word   *words;
	size_t                   args_size; /* of the struct that options and words fill */
	/* Returns 0, or a negative errno with *e set. */
	int (*run)(struct cli_call *call, void *args, struct cli_error *e);
	bool        hidden;
	const void *data; /* the program's own */
};

struct cli_app {
	const char               *name;         /* in usage lines */
	const char               *error_prefix; /* "dmg: ", or "" */
	const char               *summary; /* paragraph shown by the top-level help; may be NULL */
	const struct cli_option  *globals;
	size_t                    globals_size;
	const struct cli_command *commands; /* parents before children */
	size_t                    n_commands;
	/* The global -j of a program that has one: offset of its bool in the globals; SIZE_MAX for
	 * none. */
	size_t json_offset;
	/*
	 * Runs after parsing, before the command: logging, proxy variables, configuration. May be
	 * NULL. `call->globals` is filled. Returns 0 or a negative errno with *e set.
	 */
	int (*setup)(struct cli_call *call, void *args, struct cli_error *e);
	/* Runs after the command, always when setup was entered. May be NULL. */
	void (*teardown)(struct cli_call *call);
};

/* One invocation. */
struct cli_call {
	const struct cli_app     *app;
	const struct cli_command *command;
	void                     *globals;
	bool                      json;
	bool                      wrote_json; /* the envelope is out */
	struct cli_words          extra;      /* words no table row took */
	void                     *context;    /* the program's own */
};

/* Which way parsing ended when it returns 0. */
enum cli_parsed {
	CLI_PARSED_RUN,
	CLI_PARSED_HELP, /* text in help */
};

/*
 * Parses argv[1..]. *ret_args is the command's struct (caller frees). Even on failure call->globals
 * and call->json hold what was seen before the fault. width: columns for help texts.
 */
int  cli_parse(const struct cli_app *app, int argc, char *const *argv, unsigned width,
	       struct cli_call *call, void **ret_args, enum cli_parsed *ret_how, struct strbuf *help,
	       struct cli_error *e);
void cli_call_fini(struct cli_call *call);
/* Frees what cli_parse() gave. */
void cli_args_free(const struct cli_command *c, void *args);
/* Error `unexpected arguments: …` when words are left over. */
int cli_refuse_extra(const struct cli_call *call, struct cli_error *e);

/*
 * The whole program: parse, set up, run, report. Errors go to stderr as `ERROR: <prefix><text>` and
 * the resolution line; with -j an envelope is printed when the command printed none. Returns the
 * exit code: 0 or 1.
 */
int cli_main(const struct cli_app *app, int argc, char *const *argv);

/*
 * What may stand in place of the last word of argv, one a line: commands, or long options behind a
 * `-`. cli_main() prints that when the environment has GO_FLAGS_COMPLETION, the name that
 * completion scripts of DAOS set.
 */
void cli_complete(const struct cli_app *app, int argc, char *const *argv, struct strbuf *out);
/* A manual page of the program in the man macros. 0 or -ENOMEM. */
int cli_manual(const struct cli_app *app, unsigned section, const char *version,
	       struct strbuf *out);

/* ---- output ---- */

/* Prints to stdout unless JSON is on; a newline is added when the text lacks one. */
void cli_print(const struct cli_call *call, const char *text);
/* `ERROR: <text>` and `NOTICE: <text>` to stderr, in JSON mode too. */
void cli_print_error(const char *text);
void cli_print_notice(const char *text);

/*
 * Asks a yes/no question on the terminal until the answer is `yes` or `no`. 0 for yes; -ECANCELED
 * with text "consent not given" for no, end of input or an empty answer.
 */
int cli_confirm(const char *question, struct cli_error *e);
