/* Configurations as text in tests. */
#pragma once

#include <string.h>

#include "common/str.h"
#include "config/config.h"

/* An engine that breaks no rule: SCM of class ram and files, `n` tells engines apart. */
#define ENGINE(n)                                                                                  \
	"- targets: 4\n"                                                                           \
	"  fabric_iface: eth0\n"                                                                   \
	"  fabric_iface_port: 3141" #n "\n"                                                        \
	"  log_file: /tmp/engine" #n ".log\n"                                                      \
	"  storage:\n"                                                                             \
	"  - class: ram\n"                                                                         \
	"    scm_mount: /mnt/daos" #n "\n"                                                         \
	"  - class: file\n"                                                                        \
	"    bdev_list: [/tmp/b" #n "]\n"                                                          \
	"    bdev_size: 4\n"

static inline int
load(const char *text, struct cfg_server **cfg, struct cfg_problems *problems)
{
	return cfg_server_load_text("test.yml", text, strlen(text), cfg, problems);
}

/* The first problem at a key, or NULL. */
static inline const struct cfg_problem *
problem_at(const struct cfg_problems *problems, const char *key)
{
	for (size_t i = 0; i < problems->n; i++)
		if (str_eq(problems->v[i].key, key))
			return &problems->v[i];
	return NULL;
}
