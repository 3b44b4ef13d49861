/*
 * The fault catalogue: one row a code, numbers and identifiers are those of DAOS 2.8 (faults.tsv) and append only.
 *
 * FAULT_CODE(name, number, domain, errno, resolution)
 *   name        FAULT_<name> is the constant
 *   domain      part before ": code = N" in the text form; peers compare it
 *   errno       what the raising function returns (negated)
 *   resolution  what a person should do when the raising place knows nothing more exact
 *
 * The description is given where the fault is raised, because it names the file, key, device or rank.
 * No include guard: this file is included once per expansion.
 */
FAULT_CODE(UNKNOWN, 0, "unknown", EINVAL,
	   "no known resolution")
FAULT_CODE(MISSING_SOFTWARE_DEPENDENCY, 1, "scm", ENOENT,
	   "install ndctl")
FAULT_CODE(BAD_VERSION_SOFTWARE_DEPENDENCY, 2, "scm", EINVAL,
	   "upgrade ipmctl")
FAULT_CODE(PRIVILEGED_HELPER_NOT_PRIVILEGED, 3, "pbin", EPERM,
	   "see admin guide on privileged helper set-up")
FAULT_CODE(PRIVILEGED_HELPER_NOT_AVAILABLE, 4, "pbin", EPERM,
	   "see admin guide on privileged helper set-up")
FAULT_CODE(PRIVILEGED_HELPER_REQUEST_FAILED, 5, "pbin", EPERM,
	   "no known resolution")
FAULT_CODE(SOCKET_FILE_IN_USE, 6, "drpc", EADDRINUSE,
	   "use another socket directory if other process is legitimate, else delete the file and retry")
FAULT_CODE(STORAGE_UNKNOWN, 100, "unknown", EINVAL,
	   "no known resolution")
FAULT_CODE(STORAGE_ALREADY_FORMATTED, 101, "scm", EEXIST,
	   "retry with the force option (destroys data)")
FAULT_CODE(STORAGE_FILESYSTEM_ALREADY_MOUNTED, 102, "unknown", EEXIST,
	   "no known resolution")
FAULT_CODE(STORAGE_DEVICE_ALREADY_MOUNTED, 103, "scm", EEXIST,
	   "unmount device and retry")
FAULT_CODE(STORAGE_TARGET_ALREADY_MOUNTED, 104, "storage", EEXIST,
	   "unmount the target and retry")
FAULT_CODE(STORAGE_PATH_ACCESS_DENIED, 105, "storage", EACCES,
	   "make the path accessible to the daos_server user")
FAULT_CODE(STORAGE_DEVICE_WITH_FS_NO_MOUNTPOINT, 106, "storage", EINVAL,
	   "create the mount-point and retry")
FAULT_CODE(STORAGE_HUGEPAGES_DISABLED, 107, "storage", ENOTSUP,
	   "re-enable hugepages (config/option); reformat may be needed")
FAULT_CODE(SCM_UNKNOWN, 200, "scm", EINVAL,
	   "no known resolution")
FAULT_CODE(SCM_FORMAT_INVALID_SIZE, 201, "scm", EINVAL,
	   "no known resolution")
FAULT_CODE(SCM_FORMAT_INVALID_DEVICE_COUNT, 202, "scm", EINVAL,
	   "no known resolution")
FAULT_CODE(SCM_FORMAT_MISSING_MOUNTPOINT, 203, "scm", ENOENT,
	   "no known resolution")
FAULT_CODE(SCM_FORMAT_MISSING_DEVICE, 204, "scm", ENOENT,
	   "fix configured value and/or run the scm preparation steps")
FAULT_CODE(SCM_FORMAT_MISSING_PARAM, 205, "scm", ENOENT,
	   "no known resolution")
FAULT_CODE(SCM_FORMAT_CONFLICTING_PARAM, 206, "scm", EINVAL,
	   "no known resolution")
FAULT_CODE(SCM_PATH_ACCESS_DENIED, 207, "unknown", EACCES,
	   "no known resolution")
FAULT_CODE(SCM_DISCOVERY_FAILED, 208, "scm", EIO,
	   "no known resolution")
FAULT_CODE(SCM_DUPLICATES_IN_DEVICE_LIST, 209, "scm", EINVAL,
	   "check the list")
FAULT_CODE(SCM_NO_DEVICES_MATCH_FILTER, 210, "scm", EINVAL,
	   "relax filters")
FAULT_CODE(SCM_NO_P_MEM, 211, "storage", EINVAL,
	   "install PMem modules, retry")
FAULT_CODE(SCM_BAD_REGION, 212, "storage", EINVAL,
	   "a/d: reset, reboot, prepare, reboot, prepare; b: replace modules then same procedure; c: reset then prepare, no reboot needed")
FAULT_CODE(SCM_INVALID_P_MEM, 213, "storage", EINVAL,
	   "reset, reboot, prepare, reboot, prepare")
FAULT_CODE(SCM_RAMDISK_LOW_MEM, 214, "storage", ENOMEM,
	   "reduce engine targets or system_ram_reserved, if reducing requested RAM is not possible")
FAULT_CODE(SCM_RAMDISK_BAD_SIZE, 215, "storage", EINVAL,
	   "unmount and let DAOS manage it, or remount with the calculated size")
FAULT_CODE(SCM_CONFIG_TIER_MISSING, 216, "storage", ENOENT,
	   "add an SCM tier as first tier and restart")
FAULT_CODE(BDEV_UNKNOWN, 300, "bdev", EINVAL,
	   "no known resolution")
FAULT_CODE(BDEV_FORMAT_UNKNOWN_CLASS, 301, "bdev", EINVAL,
	   "check config and restart")
FAULT_CODE(BDEV_FORMAT_FAILURE, 302, "bdev", EIO,
	   "no known resolution")
FAULT_CODE(BDEV_BAD_PCI_ADDRESS, 303, "bdev", EINVAL,
	   "check config, restart, retry")
FAULT_CODE(BDEV_NOT_FOUND, 304, "storage", ENOENT,
	   "check the named devices exist")
FAULT_CODE(BDEV_DUPLICATES_IN_DEVICE_LIST, 305, "bdev", EINVAL,
	   "check the list")
FAULT_CODE(BDEV_NO_DEVICES_MATCH_FILTER, 306, "bdev", EINVAL,
	   "relax filters")
FAULT_CODE(BDEV_ACCEL_ENGINE_UNKNOWN, 307, "storage", EINVAL,
	   "choose a supported value, restart")
FAULT_CODE(BDEV_CONFIG_OPT_FLAG_UNKNOWN, 308, "storage", EINVAL,
	   "choose supported flags, restart")
FAULT_CODE(BDEV_CONFIG_TIER_TYPE_MISMATCH, 309, "storage", EINVAL,
	   "use one kind only")
FAULT_CODE(BDEV_NON_ROOT_VFIO_DISABLE, 310, "storage", EINVAL,
	   "run as root or leave VFIO enabled")
FAULT_CODE(BDEV_NO_IOMMU, 311, "storage", EINVAL,
	   "enable IOMMU per admin guide")
FAULT_CODE(BDEV_CONFIG_ROLES_WITH_DCPM, 312, "storage", EINVAL,
	   "make SCM class ram or drop the roles, restart")
FAULT_CODE(BDEV_CONFIG_ROLES_BAD_NR, 313, "storage", EINVAL,
	   "assign that role to the wanted number of tiers, restart")
FAULT_CODE(BDEV_CONFIG_ROLES_MISSING, 314, "storage", ENOENT,
	   "set roles on all bdev tiers, restart")
FAULT_CODE(BDEV_CONFIG_MULTI_TIER_WITHOUT_ROLES, 315, "storage", EINVAL,
	   "set roles or use one bdev tier, restart")
FAULT_CODE(BDEV_CONFIG_BAD_NR_TIERS_WITH_ROLES, 316, "storage", EINVAL,
	   "reduce to 3 or fewer")
FAULT_CODE(BDEV_CONFIG_CONTROL_METADATA_NO_ROLES, 317, "storage", EINVAL,
	   "set bdev_roles, restart")
FAULT_CODE(BDEV_CONFIG_ROLES_NO_CONTROL_METADATA, 318, "storage", EINVAL,
	   "set control_metadata.path, restart")
FAULT_CODE(BDEV_CONFIG_ROLES_WAL_DATA_NO_META, 319, "storage", EINVAL,
	   "avoid WAL+Data combination")
FAULT_CODE(SYSTEM_UNKNOWN, 400, "unknown", EINVAL,
	   "no known resolution")
FAULT_CODE(SYSTEM_BAD_FAULT_DOMAIN_DEPTH, 401, "system", EINVAL,
	   "set a fault domain of matching depth, restart the server")
FAULT_CODE(SYSTEM_POOL_LOCKED, 402, "system", EBUSY,
	   "retry; client retries automatically")
FAULT_CODE(SYSTEM_JOIN_REPLACE_RANK_NOT_FOUND, 403, "system", ENOENT,
	   "if more than 1 field mismatched: run format without --replace; otherwise check the host really had a rank excluded")
FAULT_CODE(CLIENT_UNKNOWN, 500, "client", EINVAL,
	   "no known resolution")
FAULT_CODE(CLIENT_CONFIG_BAD_CONTROL_PORT, 501, "client", EINVAL,
	   "set nonzero port in client config, retry")
FAULT_CODE(CLIENT_CONFIG_BAD_ACCESS_POINTS, 502, "unknown", EINVAL,
	   "no known resolution")
FAULT_CODE(CLIENT_CONFIG_EMPTY_HOST_LIST, 503, "client", EINVAL,
	   "configure hostlist")
FAULT_CODE(CLIENT_CONNECTION_BAD_HOST, 504, "client", EINVAL,
	   "verify address")
FAULT_CODE(CLIENT_CONNECTION_NO_ROUTE, 505, "client", EHOSTUNREACH,
	   "verify address and that server is reachable")
FAULT_CODE(CLIENT_CONNECTION_REFUSED, 506, "client", ECONNREFUSED,
	   "verify address and that server runs")
FAULT_CODE(CLIENT_CONNECTION_CLOSED, 507, "client", ECONNRESET,
	   "verify address and TLS settings, or disable transport security")
FAULT_CODE(CLIENT_CONNECTION_TIMED_OUT, 508, "client", ETIMEDOUT,
	   "verify address and that server runs")
FAULT_CODE(CLIENT_FORMAT_RUNNING_SYSTEM, 509, "client", EBUSY,
	   "stop and erase the system, then format")
FAULT_CODE(CLIENT_RPC_TIMEOUT, 510, "client", ETIMEDOUT,
	   "retry or inspect server logs")
FAULT_CODE(CLIENT_CONFIG_VMD_IMBALANCE, 511, "client", EINVAL,
	   "balance SSDs per VMD in BIOS")
FAULT_CODE(SERVER_UNKNOWN, 600, "server", EINVAL,
	   "no known resolution")
FAULT_CODE(SERVER_SCM_UNMANAGED, 601, "server", EINVAL,
	   "create the mount point by hand and retry")
FAULT_CODE(SERVER_IOMMU_DISABLED, 602, "server", ENOTSUP,
	   "enable IOMMU or run as root")
FAULT_CODE(SERVER_WRONG_SYSTEM, 603, "server", EINVAL,
	   "retry with the right system name")
FAULT_CODE(SERVER_POOL_SCM_TOO_SMALL, 604, "server", ENOSPC,
	   "retry with at least the stated total and SCM size (min + 1 MiB shown)")
FAULT_CODE(SERVER_POOL_NVME_TOO_SMALL, 605, "server", ENOSPC,
	   "retry with at least the stated total and NVMe size")
FAULT_CODE(SERVER_POOL_INVALID_RANKS, 606, "server", EINVAL,
	   "retry with valid ranks")
FAULT_CODE(SERVER_POOL_INVALID_NUM_RANKS, 607, "server", EINVAL,
	   "retry with valid number")
FAULT_CODE(SERVER_POOL_INVALID_SERVICE_REPS, 608, "server", EINVAL,
	   "retry with valid number (text says odd, 1..max)")
FAULT_CODE(SERVER_POOL_DUPLICATE_LABEL, 609, "server", EINVAL,
	   "use a unique label")
FAULT_CODE(SERVER_HARNESS_NOT_STARTED, 610, "server", EAGAIN,
	   "retry or inspect server logs")
FAULT_CODE(SERVER_DATA_PLANE_NOT_STARTED, 611, "server", EAGAIN,
	   "retry or inspect server logs")
FAULT_CODE(SERVER_INSTANCES_NOT_STOPPED, 612, "server", EBUSY,
	   "stop the rank, retry")
FAULT_CODE(SERVER_CONFIG_INVALID_NET_DEV_CLASS, 613, "serverconfig", EINVAL,
	   "use interfaces of matching class")
FAULT_CODE(SERVER_VFIO_DISABLED, 614, "server", ENOTSUP,
	   "set false or run as root")
FAULT_CODE(SERVER_POOL_NO_LABEL, 615, "server", EINVAL,
	   "set a label")
FAULT_CODE(SERVER_INCOMPATIBLE_COMPONENTS, 616, "server", EINVAL,
	   "use compatible components")
FAULT_CODE(SERVER_NO_COMPATIBILITY_INSECURE, 617, "server", EPERM,
	   "enable certificates or use identical versions")
FAULT_CODE(SERVER_POOL_HAS_CONTAINERS, 618, "server", EINVAL,
	   "retry with recursive")
FAULT_CODE(SERVER_POOL_MEM_RATIO_NO_ROLES, 619, "server", EINVAL,
	   "drop the option or configure bdev_roles")
FAULT_CODE(SERVER_BAD_FAULT_DOMAIN_LABELS, 620, "server", EINVAL,
	   "fix fault_path / fault_cb on the affected server")
FAULT_CODE(SERVER_JOIN_REPLACE_ENABLED_POOL_RANK, 621, "server", EBUSY,
	   "system exclude the rank, then format --replace again")
FAULT_CODE(SERVER_RANK_ADMIN_EXCLUDED, 622, "server", EINVAL,
	   "omit those ranks")
FAULT_CODE(SERVER_TRANSPARENT_HUGEPAGE_ENABLED, 623, "server", EBUSY,
	   "disable THP on kernel command line, reboot, restart")
FAULT_CODE(SERVER_CONFIG_UNKNOWN, 700, "serverconfig", EINVAL,
	   "no known resolution")
FAULT_CODE(SERVER_BAD_CONFIG, 701, "serverconfig", EINVAL,
	   "supply valid config file")
FAULT_CODE(SERVER_NO_CONFIG_PATH, 702, "serverconfig", EINVAL,
	   "pass config path with -o")
FAULT_CODE(SERVER_CONFIG_BAD_CONTROL_PORT, 703, "serverconfig", EINVAL,
	   "set a positive nonzero port")
FAULT_CODE(SERVER_CONFIG_BAD_TELEMETRY_PORT, 704, "serverconfig", EINVAL,
	   "set a positive nonzero port")
FAULT_CODE(SERVER_CONFIG_BAD_MGMT_SVC_REPLICAS, 705, "serverconfig", EINVAL,
	   "use resolvable addresses")
FAULT_CODE(SERVER_CONFIG_EVEN_MGMT_SVC_REPLICAS, 706, "serverconfig", EINVAL,
	   "use an odd number")
FAULT_CODE(SERVER_CONFIG_BAD_PROVIDER, 707, "serverconfig", EINVAL,
	   "set provider")
FAULT_CODE(SERVER_CONFIG_NO_ENGINES, 708, "serverconfig", EINVAL,
	   "add an engine")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_FABRIC, 709, "serverconfig", EINVAL,
	   "make fabric settings unique")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_LOG_FILE, 710, "serverconfig", EINVAL,
	   "make unique")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_SCM_MOUNT, 711, "serverconfig", EINVAL,
	   "make unique")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_SCM_DEVICE_LIST, 712, "serverconfig", EINVAL,
	   "make unique")
FAULT_CODE(SERVER_CONFIG_OVERLAPPING_BDEV_DEVICE_LIST, 713, "serverconfig", EINVAL,
	   "make unique")
FAULT_CODE(SERVER_CONFIG_BDEV_COUNT_MISMATCH, 714, "serverconfig", EINVAL,
	   "make equal")
FAULT_CODE(SERVER_CONFIG_TARGET_COUNT_MISMATCH, 715, "serverconfig", EINVAL,
	   "make equal")
FAULT_CODE(SERVER_CONFIG_HELPER_STREAM_COUNT_MISMATCH, 716, "serverconfig", EINVAL,
	   "make equal")
FAULT_CODE(SERVER_CONFIG_FAULT_DOMAIN_INVALID, 717, "serverconfig", EINVAL,
	   "fix fault_path / fault_cb")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_NOT_FOUND, 718, "serverconfig", ENOENT,
	   "specify existing script")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_INSECURE, 719, "serverconfig", EPERM,
	   "place it under the required directory with safe permissions")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_BAD_PERMS, 720, "serverconfig", EACCES,
	   "fix permissions for the server user")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_FAILED, 721, "serverconfig", EIO,
	   "fix script")
FAULT_CODE(SERVER_CONFIG_BOTH_FAULT_PATH_AND_CB, 722, "serverconfig", EINVAL,
	   "remove one")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_EMPTY, 723, "serverconfig", EINVAL,
	   "fix script")
FAULT_CODE(SERVER_CONFIG_FAULT_DOMAIN_TOO_MANY_LAYERS, 724, "serverconfig", EINVAL,
	   "shorten path")
FAULT_CODE(SERVER_CONFIG_NR_HUGEPAGES_OUT_OF_RANGE, 725, "serverconfig", EINVAL,
	   "set in range")
FAULT_CODE(SERVER_CONFIG_HUGEPAGES_DISABLED_WITH_NVME_BDEVS, 726, "serverconfig", ENOTSUP,
	   "enable hugepages or drop NVMe")
FAULT_CODE(SERVER_CONFIG_VMD_SETTING_DUPLICATE, 727, "unknown", EINVAL,
	   "no known resolution")
FAULT_CODE(SERVER_CONFIG_ENGINE_NUMA_IMBALANCE, 728, "serverconfig", EINVAL,
	   "distribute evenly")
FAULT_CODE(SERVER_CONFIG_CONTROL_METADATA_NO_PATH, 729, "serverconfig", EINVAL,
	   "add path")
FAULT_CODE(SERVER_CONFIG_RAMDISK_UNDER_MIN_MEM, 730, "storage", EINVAL,
	   "remove scm_size or raise it")
FAULT_CODE(SERVER_CONFIG_RAMDISK_OVER_MAX_MEM, 731, "serverconfig", EINVAL,
	   "remove scm_size or choose between min and max")
FAULT_CODE(SERVER_CONFIG_SCM_DIFF_CLASS, 732, "serverconfig", EINVAL,
	   "same class on all")
FAULT_CODE(SERVER_CONFIG_ENGINE_BDEV_ROLES_MISMATCH, 733, "serverconfig", EINVAL,
	   "set roles on all or none")
FAULT_CODE(SERVER_CONFIG_SYS_RSVD_ZERO, 734, "serverconfig", EINVAL,
	   "set positive integer")
FAULT_CODE(SERVER_CONFIG_ENABLE_HOTPLUG_DEPRECATED, 735, "serverconfig", EINVAL,
	   "use disable_hotplug: true to disable hotplug")
FAULT_CODE(SERVER_CONFIG_BDEV_EXCLUDE_CLASH, 736, "serverconfig", EINVAL,
	   "remove the overlap")
FAULT_CODE(SERVER_CONFIG_HUGEPAGES_DISABLED_WITH_NR_SET, 737, "serverconfig", ENOTSUP,
	   "drop one of the two")
FAULT_CODE(SERVER_CONFIG_SCM_HUGE_ENABLED, 738, "serverconfig", EBUSY,
	   "same value on all")
FAULT_CODE(SERVER_CONFIG_BAD_CONTROL_INTERFACE, 739, "serverconfig", EINVAL,
	   "set valid interface")
FAULT_CODE(SERVER_CONFIG_CONTROL_INTERFACE_MISMATCH, 740, "serverconfig", EINVAL,
	   "choose interface matching mgmt_svc_replicas entry")
FAULT_CODE(SPDK_UNKNOWN, 800, "spdk", EINVAL,
	   "no known resolution")
FAULT_CODE(SPDK_CTRLR_NO_HEALTH, 801, "spdk", EINVAL,
	   "no known resolution")
FAULT_CODE(SPDK_BINDING_RET_NULL, 802, "spdk", EINVAL,
	   "no known resolution")
FAULT_CODE(SPDK_BINDING_FAILED, 803, "spdk", EIO,
	   "no known resolution")
FAULT_CODE(SPDK_INVALID_CONFIGURATION, 804, "storage", EINVAL,
	   "regenerate config and restart")
FAULT_CODE(SECURITY_UNKNOWN, 900, "security", EINVAL,
	   "no known resolution")
FAULT_CODE(SECURITY_MISSING_CERT_FILE, 901, "security", ENOENT,
	   "see certificates section of the admin guide")
FAULT_CODE(SECURITY_UNREADABLE_CERT_FILE, 902, "security", EACCES,
	   "see certificates section of the admin guide")
FAULT_CODE(SECURITY_INVALID_CERT, 903, "security", EINVAL,
	   "verify all component certs share a CA and have not expired")
FAULT_CODE(CONTROL_METADATA_UNKNOWN, 1000, "controlmetadata", EINVAL,
	   "no known resolution")
FAULT_CODE(CONTROL_METADATA_BAD_FILESYSTEM, 1001, "controlmetadata", EINVAL,
	   "choose a directory not on network/nosuid fs")
FAULT_CODE(SYSTEM_CHECKER_UNKNOWN, 1100, "unknown", EINVAL,
	   "no known resolution")
FAULT_CODE(SYSTEM_CHECKER_INVALID_MEMBER_STATES, 1101, "checker", EINVAL,
	   "stop system before enabling / enable checker mode, and/or admin-exclude members")
FAULT_CODE(SYSTEM_CHECKER_NOT_ENABLED, 1102, "checker", EBUSY,
	   "enable checker")
FAULT_CODE(SYSTEM_CHECKER_ENABLED, 1103, "checker", EBUSY,
	   "disable checker")
