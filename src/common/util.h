/*
 * Small helpers every room uses: cleanup attributes, array size, minimum and maximum.
 *
 *	_cleanup_(freep) char *name = NULL;
 *	_cleanup_(closep) int fd = -EBADF;
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/param.h> /* MIN, MAX */
#include <unistd.h>

#define _cleanup_(fn)	  __attribute__((cleanup(fn)))
#define _printf_(fmt, va) __attribute__((format(printf, fmt, va)))

#define ARRAY_SIZE(a)	  (sizeof(a) / sizeof((a)[0]))
#define KIB		  (1024ULL)
#define MIB		  (1024ULL * KIB)
#define GIB		  (1024ULL * MIB)

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static inline void
freep(void *pp)
{
	free(*(void **)pp);
}

/* Closes a descriptor when it is one; -EBADF marks "none". */
static inline void
closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing is left to do when close fails */
}

/* Takes the value out of a variable that is cleaned up, so that the caller owns it. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) _taken = (p);                                                        \
		(p)		     = NULL;                                                       \
		_taken;                                                                            \
	})
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int _taken = (fd);                                                                 \
		(fd)	   = -EBADF;                                                               \
		_taken;                                                                            \
	})
