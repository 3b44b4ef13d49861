/* transport_config on its own, for programs that connect without a configuration file. */
#include "config/transport.h"

#include "config/config_private.h"

static const struct cfg_schema *
find_transport(const struct cfg_schema *schema)
{
	for (size_t i = 0; i < schema->n; i++)
		if (str_eq(schema->fields[i].name, "transport_config"))
			return schema->fields[i].schema;
	return NULL;
}

static const struct cfg_schema *
role_schema(enum cfg_transport_role role)
{
	return find_transport(role == CFG_TRANSPORT_SERVER ? &cfg_server_schema
							   : &cfg_control_schema);
}

int
cfg_transport_init(struct cfg_transport *t, enum cfg_transport_role role)
{
	int r;

	*t = (struct cfg_transport){0};
	r  = cfg_schema_defaults(role_schema(role), t);
	if (r < 0)
		cfg_transport_fini(t);
	return r;
}

void
cfg_transport_fini(struct cfg_transport *t)
{
	cfg_schema_fini(role_schema(CFG_TRANSPORT_SERVER), t);
}
