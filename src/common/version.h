/* The release this control plane is compatible with, and its version rules' own version. */
#pragma once

#define DAOS_VERSION	   "2.8.0"
#define DAOS_VERSION_MAJOR 2
#define DAOS_VERSION_MINOR 8
#define DAOS_VERSION_PATCH 0

#define DAOS_DEFAULT_SYSTEM "daos_server"
#define DAOS_DEFAULT_PORT   10001
#define DAOS_RANK_NIL	    4294967295U
