/*
 * JSON that is whole or not there. When memory runs out inside jansson's lexer it leaves characters
 * out of a string and goes on; here every failed allocation is remembered and the result thrown
 * away. One thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* As json_loadb(); *error says so when memory ran out. */
json_t *eng_json_parse(const char *text, size_t len, json_error_t *error);
/*
 * As json_dumps() with an indent of 1, of a value made since eng_json_begin(); NULL when memory ran
 * out meanwhile.
 */
char *eng_json_dump(const json_t *value);
/* Call before making a value that goes to eng_json_dump(). */
void eng_json_begin(void);
/* Whether memory ran out in what was parsed or made last. */
bool eng_json_no_memory(void);
