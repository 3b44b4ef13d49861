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
	   "install the ndctl package on this host and repeat the command")
FAULT_CODE(BAD_VERSION_SOFTWARE_DEPENDENCY, 2, "scm", EINVAL,
	   "install an ipmctl release other than 02.00.00.3809, .3814 and .3816")
FAULT_CODE(PRIVILEGED_HELPER_NOT_PRIVILEGED, 3, "pbin", EPERM,
	   "as root: chown root daos_server_helper and chmod 4755 it, then repeat the command")
FAULT_CODE(PRIVILEGED_HELPER_NOT_AVAILABLE, 4, "pbin", EPERM,
	   "put daos_server_helper beside daos_server or in a directory of PATH and make it executable for this user")
FAULT_CODE(PRIVILEGED_HELPER_REQUEST_FAILED, 5, "pbin", EPERM,
	   "the description holds the helper's own error; helper_log_file in the server configuration gives its log")
FAULT_CODE(SOCKET_FILE_IN_USE, 6, "drpc", EADDRINUSE,
	   "stop the other daos_server or daos_agent that listens there, or set another socket_dir; delete the socket file if no process listens")
FAULT_CODE(STORAGE_UNKNOWN, 100, "unknown", EINVAL,
	   "name the storage that failed in the report; dmg storage scan shows the state of all devices")
FAULT_CODE(STORAGE_ALREADY_FORMATTED, 101, "scm", EEXIST,
	   "keep the data, or destroy it with dmg storage format --force")
FAULT_CODE(STORAGE_FILESYSTEM_ALREADY_MOUNTED, 102, "unknown", EEXIST,
	   "unmount the file system with umount before formatting")
FAULT_CODE(STORAGE_DEVICE_ALREADY_MOUNTED, 103, "scm", EEXIST,
	   "unmount the device with umount and repeat the command")
FAULT_CODE(STORAGE_TARGET_ALREADY_MOUNTED, 104, "storage", EEXIST,
	   "unmount the mount point named in the description with umount and repeat the command")
FAULT_CODE(STORAGE_PATH_ACCESS_DENIED, 105, "storage", EACCES,
	   "give the user of daos_server search permission on every directory of the path (chmod, chown)")
FAULT_CODE(STORAGE_DEVICE_WITH_FS_NO_MOUNTPOINT, 106, "storage", EINVAL,
	   "create the mount point directory named by scm_mount (mkdir -p) and start daos_server again")
FAULT_CODE(STORAGE_HUGEPAGES_DISABLED, 107, "storage", ENOTSUP,
	   "set disable_hugepages: false in the server configuration, or drop the option from the command line; engines formatted without hugepages need dmg storage format again")
FAULT_CODE(SCM_UNKNOWN, 200, "scm", EINVAL,
	   "daos_server scm scan shows what is known about the PMem modules and namespaces")
FAULT_CODE(SCM_FORMAT_INVALID_SIZE, 201, "scm", EINVAL,
	   "set scm_size of the class ram tier to 4 GiB or more, or remove the key to have it computed")
FAULT_CODE(SCM_FORMAT_INVALID_DEVICE_COUNT, 202, "scm", EINVAL,
	   "name exactly one device in scm_list of the class dcpm tier")
FAULT_CODE(SCM_FORMAT_MISSING_MOUNTPOINT, 203, "scm", ENOENT,
	   "set scm_mount of the SCM tier")
FAULT_CODE(SCM_FORMAT_MISSING_DEVICE, 204, "scm", ENOENT,
	   "correct scm_list, or make the namespace with daos_server scm prepare")
FAULT_CODE(SCM_FORMAT_MISSING_PARAM, 205, "scm", ENOENT,
	   "set class of the SCM tier to ram, dcpm or dir")
FAULT_CODE(SCM_FORMAT_CONFLICTING_PARAM, 206, "scm", EINVAL,
	   "keep one of scm_size (class ram) and scm_list (class dcpm) in the SCM tier")
FAULT_CODE(SCM_PATH_ACCESS_DENIED, 207, "unknown", EACCES,
	   "give the user of daos_server access to the path of scm_mount (chmod, chown)")
FAULT_CODE(SCM_DISCOVERY_FAILED, 208, "scm", EIO,
	   "check the modules with ipmctl show -dimm and their driver with ndctl list, then repeat the scan")
FAULT_CODE(SCM_DUPLICATES_IN_DEVICE_LIST, 209, "scm", EINVAL,
	   "name each PMem module once in the device list of the dmg firmware command")
FAULT_CODE(SCM_NO_DEVICES_MATCH_FILTER, 210, "scm", EINVAL,
	   "name modules that dmg storage scan lists, or leave the filter out")
FAULT_CODE(SCM_NO_P_MEM, 211, "storage", EINVAL,
	   "install PMem modules, or use class ram for the SCM tier")
FAULT_CODE(SCM_BAD_REGION, 212, "storage", EINVAL,
	   "run daos_server scm reset, reboot, daos_server scm prepare, reboot, daos_server scm prepare; replace modules that are unhealthy first")
FAULT_CODE(SCM_INVALID_P_MEM, 213, "storage", EINVAL,
	   "run daos_server scm reset, reboot, daos_server scm prepare, reboot, daos_server scm prepare")
FAULT_CODE(SCM_RAMDISK_LOW_MEM, 214, "storage", ENOMEM,
	   "free memory, or lower targets, nr_hugepages, system_ram_reserved or scm_size in the server configuration")
FAULT_CODE(SCM_RAMDISK_BAD_SIZE, 215, "storage", EINVAL,
	   "unmount scm_mount with umount so that daos_server mounts it, or remount it with the size that was computed")
FAULT_CODE(SCM_CONFIG_TIER_MISSING, 216, "storage", ENOENT,
	   "add a tier of class ram, dcpm or dir as the first entry of storage and start daos_server again")
FAULT_CODE(BDEV_UNKNOWN, 300, "bdev", EINVAL,
	   "dmg storage scan --nvme-health shows the state of the controllers")
FAULT_CODE(BDEV_FORMAT_UNKNOWN_CLASS, 301, "bdev", EINVAL,
	   "set class of the tier to nvme, file or kdev and start daos_server again")
FAULT_CODE(BDEV_FORMAT_FAILURE, 302, "bdev", EIO,
	   "correct what the description says about the device, then run dmg storage format again: devices already formatted are kept")
FAULT_CODE(BDEV_BAD_PCI_ADDRESS, 303, "bdev", EINVAL,
	   "write the address in bdev_list as DDDD:BB:DD.F, as dmg storage scan lists it")
FAULT_CODE(BDEV_NOT_FOUND, 304, "storage", ENOENT,
	   "name in bdev_list only addresses that dmg storage scan lists; daos_server nvme prepare makes a device visible")
FAULT_CODE(BDEV_DUPLICATES_IN_DEVICE_LIST, 305, "bdev", EINVAL,
	   "name each device once in the device list of the dmg firmware command")
FAULT_CODE(BDEV_NO_DEVICES_MATCH_FILTER, 306, "bdev", EINVAL,
	   "name controllers that dmg storage scan lists, or leave the filter out")
FAULT_CODE(BDEV_ACCEL_ENGINE_UNKNOWN, 307, "storage", EINVAL,
	   "set acceleration.engine to none, spdk or dml and start daos_server again")
FAULT_CODE(BDEV_CONFIG_OPT_FLAG_UNKNOWN, 308, "storage", EINVAL,
	   "use only data, meta and wal in bdev_roles, and move and crc in acceleration.options, all in lower case")
FAULT_CODE(BDEV_CONFIG_TIER_TYPE_MISMATCH, 309, "storage", EINVAL,
	   "give all block device tiers of an engine class nvme, or all class file or kdev")
FAULT_CODE(BDEV_NON_ROOT_VFIO_DISABLE, 310, "storage", EINVAL,
	   "run daos_server as root, or set disable_vfio: false")
FAULT_CODE(BDEV_NO_IOMMU, 311, "storage", EINVAL,
	   "enable the IOMMU in the firmware and on the kernel command line (intel_iommu=on or amd_iommu=on), or run daos_server as root")
FAULT_CODE(BDEV_CONFIG_ROLES_WITH_DCPM, 312, "storage", EINVAL,
	   "use class ram for the SCM tier, or remove bdev_roles and control_metadata from the configuration")
FAULT_CODE(BDEV_CONFIG_ROLES_BAD_NR, 313, "storage", EINVAL,
	   "give each of the roles wal, meta and data to exactly one tier with bdev_roles")
FAULT_CODE(BDEV_CONFIG_ROLES_MISSING, 314, "storage", ENOENT,
	   "set bdev_roles on all block device tiers of the engine or on none")
FAULT_CODE(BDEV_CONFIG_MULTI_TIER_WITHOUT_ROLES, 315, "storage", EINVAL,
	   "set bdev_roles on every block device tier, or put all devices into the bdev_list of one tier")
FAULT_CODE(BDEV_CONFIG_BAD_NR_TIERS_WITH_ROLES, 316, "storage", EINVAL,
	   "use at most 3 block device tiers with bdev_roles")
FAULT_CODE(BDEV_CONFIG_CONTROL_METADATA_NO_ROLES, 317, "storage", EINVAL,
	   "add the role meta to bdev_roles of a tier, or remove control_metadata.path")
FAULT_CODE(BDEV_CONFIG_ROLES_NO_CONTROL_METADATA, 318, "storage", EINVAL,
	   "set control_metadata.path to a directory that survives a reboot, or remove bdev_roles")
FAULT_CODE(BDEV_CONFIG_ROLES_WAL_DATA_NO_META, 319, "storage", EINVAL,
	   "add meta to bdev_roles of the tier, or give wal and data to different tiers")
FAULT_CODE(SYSTEM_UNKNOWN, 400, "unknown", EINVAL,
	   "dmg system query shows the members and their states")
FAULT_CODE(SYSTEM_BAD_FAULT_DOMAIN_DEPTH, 401, "system", EINVAL,
	   "set fault_path to as many levels as the other members have (dmg system query -v) and start daos_server again")
FAULT_CODE(SYSTEM_POOL_LOCKED, 402, "system", EBUSY,
	   "repeat the command once the other change of the pool is done; dmg pool list shows its state")
FAULT_CODE(SYSTEM_JOIN_REPLACE_RANK_NOT_FOUND, 403, "system", ENOENT,
	   "run dmg storage format without --replace if several fields differ; otherwise check with dmg system query -v that a rank of this host is excluded")
FAULT_CODE(CLIENT_UNKNOWN, 500, "client", EINVAL,
	   "dmg --debug shows the requests that were sent")
FAULT_CODE(CLIENT_CONFIG_BAD_CONTROL_PORT, 501, "client", EINVAL,
	   "set port in daos_control.yml to 1 or more")
FAULT_CODE(CLIENT_CONFIG_BAD_ACCESS_POINTS, 502, "unknown", EINVAL,
	   "correct hostlist in daos_control.yml, or name hosts with dmg -l")
FAULT_CODE(CLIENT_CONFIG_EMPTY_HOST_LIST, 503, "client", EINVAL,
	   "set hostlist in daos_control.yml, or name hosts with dmg -l")
FAULT_CODE(CLIENT_CONNECTION_BAD_HOST, 504, "client", EINVAL,
	   "correct the host name in hostlist or after dmg -l; getent hosts NAME must find it")
FAULT_CODE(CLIENT_CONNECTION_NO_ROUTE, 505, "client", EHOSTUNREACH,
	   "correct the address in hostlist, and check the route with ip route get ADDRESS and any firewall on the way")
FAULT_CODE(CLIENT_CONNECTION_REFUSED, 506, "client", ECONNREFUSED,
	   "start daos_server on that host, or correct the port in hostlist (default 10001)")
FAULT_CODE(CLIENT_CONNECTION_CLOSED, 507, "client", ECONNRESET,
	   "make transport_config of both sides match: the same ca_cert, valid certificates, and allow_insecure the same")
FAULT_CODE(CLIENT_CONNECTION_TIMED_OUT, 508, "client", ETIMEDOUT,
	   "check that daos_server runs on that host and that no firewall drops its port (default 10001)")
FAULT_CODE(CLIENT_FORMAT_RUNNING_SYSTEM, 509, "client", EBUSY,
	   "stop and erase the system first: dmg system stop, then dmg system erase")
FAULT_CODE(CLIENT_RPC_TIMEOUT, 510, "client", ETIMEDOUT,
	   "repeat the command; if it times out again, look in control_log_file of the host that is named")
FAULT_CODE(CLIENT_CONFIG_VMD_IMBALANCE, 511, "client", EINVAL,
	   "put the same number of SSDs behind each VMD (firmware settings), or set disable_vmd: true")
FAULT_CODE(SERVER_UNKNOWN, 600, "server", EINVAL,
	   "control_log_file of the host that is named holds the request and its error")
FAULT_CODE(SERVER_SCM_UNMANAGED, 601, "server", EINVAL,
	   "create the directory of scm_mount and mount the file system there by hand, then start the engine with dmg system start")
FAULT_CODE(SERVER_IOMMU_DISABLED, 602, "server", ENOTSUP,
	   "enable the IOMMU in the firmware and on the kernel command line (intel_iommu=on or amd_iommu=on), or run daos_server as root")
FAULT_CODE(SERVER_WRONG_SYSTEM, 603, "server", EINVAL,
	   "set name in daos_control.yml or daos_agent.yml to the system's name, which the description gives")
FAULT_CODE(SERVER_POOL_SCM_TOO_SMALL, 604, "server", ENOSPC,
	   "ask for a pool of at least the total and SCM sizes in the description (dmg pool create --size or --scm-size)")
FAULT_CODE(SERVER_POOL_NVME_TOO_SMALL, 605, "server", ENOSPC,
	   "ask for a pool of at least the total and NVMe sizes in the description (dmg pool create --size or --nvme-size)")
FAULT_CODE(SERVER_POOL_INVALID_RANKS, 606, "server", EINVAL,
	   "name in --ranks only ranks that dmg system query shows as joined")
FAULT_CODE(SERVER_POOL_INVALID_NUM_RANKS, 607, "server", EINVAL,
	   "set --nranks to at most the number of joined ranks in dmg system query")
FAULT_CODE(SERVER_POOL_INVALID_SERVICE_REPS, 608, "server", EINVAL,
	   "set --nsvc to an odd number not above the limit in the description")
FAULT_CODE(SERVER_POOL_DUPLICATE_LABEL, 609, "server", EINVAL,
	   "choose a label that dmg pool list does not show")
FAULT_CODE(SERVER_HARNESS_NOT_STARTED, 610, "server", EAGAIN,
	   "wait until dmg system query shows the engines of this host, then repeat; control_log_file says why they do not start")
FAULT_CODE(SERVER_DATA_PLANE_NOT_STARTED, 611, "server", EAGAIN,
	   "start the engine with dmg system start, then repeat; its log_file says why it stopped")
FAULT_CODE(SERVER_INSTANCES_NOT_STOPPED, 612, "server", EBUSY,
	   "stop the ranks with dmg system stop --ranks and repeat the command")
FAULT_CODE(SERVER_CONFIG_INVALID_NET_DEV_CLASS, 613, "serverconfig", EINVAL,
	   "set fabric_iface of all engines to interfaces of one kind (all Ethernet or all InfiniBand); daos_server network scan lists them")
FAULT_CODE(SERVER_VFIO_DISABLED, 614, "server", ENOTSUP,
	   "set disable_vfio: false in the server configuration, or run daos_server as root")
FAULT_CODE(SERVER_POOL_NO_LABEL, 615, "server", EINVAL,
	   "give the pool a label: dmg pool create LABEL")
FAULT_CODE(SERVER_INCOMPATIBLE_COMPONENTS, 616, "server", EINVAL,
	   "install the same release of DAOS for both programs, which the description names")
FAULT_CODE(SERVER_NO_COMPATIBILITY_INSECURE, 617, "server", EPERM,
	   "set allow_insecure: false with certificates on both sides, or install exactly the same version")
FAULT_CODE(SERVER_POOL_HAS_CONTAINERS, 618, "server", EINVAL,
	   "destroy the containers first, or use dmg pool destroy --recursive")
FAULT_CODE(SERVER_POOL_MEM_RATIO_NO_ROLES, 619, "server", EINVAL,
	   "leave --mem-ratio out, or set bdev_roles in the server configuration")
FAULT_CODE(SERVER_BAD_FAULT_DOMAIN_LABELS, 620, "server", EINVAL,
	   "use the same labels in fault_path (or in the output of fault_cb) on all servers")
FAULT_CODE(SERVER_JOIN_REPLACE_ENABLED_POOL_RANK, 621, "server", EBUSY,
	   "run dmg system exclude --ranks for the rank, then dmg storage format --replace again")
FAULT_CODE(SERVER_RANK_ADMIN_EXCLUDED, 622, "server", EINVAL,
	   "leave the excluded ranks out, or bring them back with dmg system clear-exclude")
FAULT_CODE(SERVER_TRANSPARENT_HUGEPAGE_ENABLED, 623, "server", EBUSY,
	   "boot with transparent_hugepage=never on the kernel command line, or set allow_thp: true")
FAULT_CODE(SERVER_CONFIG_UNKNOWN, 700, "serverconfig", EINVAL,
	   "daos_server config check lists every problem of the configuration file")
FAULT_CODE(SERVER_BAD_CONFIG, 701, "serverconfig", EINVAL,
	   "daos_server config check lists every problem of the configuration file with its line")
FAULT_CODE(SERVER_NO_CONFIG_PATH, 702, "serverconfig", EINVAL,
	   "name the configuration file with daos_server --config PATH")
FAULT_CODE(SERVER_CONFIG_BAD_CONTROL_PORT, 703, "serverconfig", EINVAL,
	   "set port, and every port in mgmt_svc_replicas, to a number from 1 to 65535")
FAULT_CODE(SERVER_CONFIG_BAD_TELEMETRY_PORT, 704, "serverconfig", EINVAL,
	   "set telemetry_port to a number from 1 to 65535, or remove the key")
FAULT_CODE(SERVER_CONFIG_BAD_MGMT_SVC_REPLICAS, 705, "serverconfig", EINVAL,
	   "list each host of mgmt_svc_replicas once, as HOST or HOST:PORT with a name that resolves")
FAULT_CODE(SERVER_CONFIG_EVEN_MGMT_SVC_REPLICAS, 706, "serverconfig", EINVAL,
	   "add a host to mgmt_svc_replicas or remove one, so that their number is odd")
FAULT_CODE(SERVER_CONFIG_BAD_PROVIDER, 707, "serverconfig", EINVAL,
	   "set provider at the top level of the server configuration, e.g. ofi+tcp")
FAULT_CODE(SERVER_CONFIG_NO_ENGINES, 708, "serverconfig", EINVAL,
	   "add an entry to engines in the server configuration")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_FABRIC, 709, "serverconfig", EINVAL,
	   "give each engine its own fabric_iface or fabric_iface_port")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_LOG_FILE, 710, "serverconfig", EINVAL,
	   "give each engine its own log_file")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_SCM_MOUNT, 711, "serverconfig", EINVAL,
	   "give each engine its own scm_mount")
FAULT_CODE(SERVER_CONFIG_DUPLICATE_SCM_DEVICE_LIST, 712, "serverconfig", EINVAL,
	   "name each PMem device in scm_list of one engine only")
FAULT_CODE(SERVER_CONFIG_OVERLAPPING_BDEV_DEVICE_LIST, 713, "serverconfig", EINVAL,
	   "name each device in bdev_list of one engine only")
FAULT_CODE(SERVER_CONFIG_BDEV_COUNT_MISMATCH, 714, "serverconfig", EINVAL,
	   "put the same number of devices into bdev_list of every engine")
FAULT_CODE(SERVER_CONFIG_TARGET_COUNT_MISMATCH, 715, "serverconfig", EINVAL,
	   "set targets to the same number in every engine")
FAULT_CODE(SERVER_CONFIG_HELPER_STREAM_COUNT_MISMATCH, 716, "serverconfig", EINVAL,
	   "set nr_xs_helpers to the same number in every engine")
FAULT_CODE(SERVER_CONFIG_FAULT_DOMAIN_INVALID, 717, "serverconfig", EINVAL,
	   "set fault_path to /NAME or /GROUP/NAME, or make the program of fault_cb print that")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_NOT_FOUND, 718, "serverconfig", ENOENT,
	   "set fault_cb to the path of an existing program, or remove the key")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_INSECURE, 719, "serverconfig", EPERM,
	   "make fault_cb name a plain file in the directory of the server configuration, without setuid bit, that only its owner may write")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_BAD_PERMS, 720, "serverconfig", EACCES,
	   "make the program of fault_cb readable and executable for the user of daos_server (chmod 755)")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_FAILED, 721, "serverconfig", EIO,
	   "run the program of fault_cb by hand as the user of daos_server and correct what makes it fail")
FAULT_CODE(SERVER_CONFIG_BOTH_FAULT_PATH_AND_CB, 722, "serverconfig", EINVAL,
	   "remove fault_path or fault_cb from the server configuration")
FAULT_CODE(SERVER_CONFIG_FAULT_CALLBACK_EMPTY, 723, "serverconfig", EINVAL,
	   "make the program of fault_cb print a fault domain such as /rack0/host1")
FAULT_CODE(SERVER_CONFIG_FAULT_DOMAIN_TOO_MANY_LAYERS, 724, "serverconfig", EINVAL,
	   "shorten fault_path, or what fault_cb prints, to at most two levels")
FAULT_CODE(SERVER_CONFIG_NR_HUGEPAGES_OUT_OF_RANGE, 725, "serverconfig", EINVAL,
	   "set nr_hugepages to a number from 0 to 2147483647; 0 has it computed")
FAULT_CODE(SERVER_CONFIG_HUGEPAGES_DISABLED_WITH_NVME_BDEVS, 726, "serverconfig", ENOTSUP,
	   "set disable_hugepages: false, or use class file instead of nvme in storage")
FAULT_CODE(SERVER_CONFIG_VMD_SETTING_DUPLICATE, 727, "unknown", EINVAL,
	   "keep one of the keys about VMD in the server configuration: disable_vmd")
FAULT_CODE(SERVER_CONFIG_ENGINE_NUMA_IMBALANCE, 728, "serverconfig", EINVAL,
	   "put the same number of engines on each NUMA node (pinned_numa_node, fabric_iface), or set allow_numa_imbalance: true")
FAULT_CODE(SERVER_CONFIG_CONTROL_METADATA_NO_PATH, 729, "serverconfig", EINVAL,
	   "set control_metadata.path to the directory where the device is to be mounted")
FAULT_CODE(SERVER_CONFIG_RAMDISK_UNDER_MIN_MEM, 730, "storage", EINVAL,
	   "remove scm_size to have it computed, or set it to 4 or more")
FAULT_CODE(SERVER_CONFIG_RAMDISK_OVER_MAX_MEM, 731, "serverconfig", EINVAL,
	   "remove scm_size to have it computed, or set it to at most what the description allows")
FAULT_CODE(SERVER_CONFIG_SCM_DIFF_CLASS, 732, "serverconfig", EINVAL,
	   "set class of the SCM tier to the same value in every engine")
FAULT_CODE(SERVER_CONFIG_ENGINE_BDEV_ROLES_MISMATCH, 733, "serverconfig", EINVAL,
	   "set bdev_roles on the tiers of all engines or of none")
FAULT_CODE(SERVER_CONFIG_SYS_RSVD_ZERO, 734, "serverconfig", EINVAL,
	   "set system_ram_reserved to 1 or more (GiB), or remove the key for 64")
FAULT_CODE(SERVER_CONFIG_ENABLE_HOTPLUG_DEPRECATED, 735, "serverconfig", EINVAL,
	   "remove enable_hotplug and keep disable_hotplug")
FAULT_CODE(SERVER_CONFIG_BDEV_EXCLUDE_CLASH, 736, "serverconfig", EINVAL,
	   "remove the address from bdev_exclude or from bdev_list")
FAULT_CODE(SERVER_CONFIG_HUGEPAGES_DISABLED_WITH_NR_SET, 737, "serverconfig", ENOTSUP,
	   "remove nr_hugepages, or set disable_hugepages: false")
FAULT_CODE(SERVER_CONFIG_SCM_HUGE_ENABLED, 738, "serverconfig", EBUSY,
	   "set scm_hugepages_disabled to the same value in every engine, or in none")
FAULT_CODE(SERVER_CONFIG_BAD_CONTROL_INTERFACE, 739, "serverconfig", EINVAL,
	   "set control_iface to an interface of this host that is up and has an IPv4 address (ip -4 address), or remove the key")
FAULT_CODE(SERVER_CONFIG_CONTROL_INTERFACE_MISMATCH, 740, "serverconfig", EINVAL,
	   "set control_iface to the interface that has this host's address of mgmt_svc_replicas, or correct the entry")
FAULT_CODE(SPDK_UNKNOWN, 800, "spdk", EINVAL,
	   "the engine's log_file holds what SPDK reported")
FAULT_CODE(SPDK_CTRLR_NO_HEALTH, 801, "spdk", EINVAL,
	   "the device gives no health data; dmg storage scan lists the devices that do")
FAULT_CODE(SPDK_BINDING_RET_NULL, 802, "spdk", EINVAL,
	   "run daos_server nvme reset, then daos_server nvme prepare, and repeat the command")
FAULT_CODE(SPDK_BINDING_FAILED, 803, "spdk", EIO,
	   "run daos_server nvme reset, then daos_server nvme prepare, and repeat; the engine's log_file holds SPDK's message")
FAULT_CODE(SPDK_INVALID_CONFIGURATION, 804, "storage", EINVAL,
	   "remove daos_nvme.conf of the engine and start daos_server, which writes it anew")
FAULT_CODE(SECURITY_UNKNOWN, 900, "security", EINVAL,
	   "check ca_cert, cert and key of transport_config with openssl verify")
FAULT_CODE(SECURITY_MISSING_CERT_FILE, 901, "security", ENOENT,
	   "put the file named in the description in place, or correct its path in transport_config")
FAULT_CODE(SECURITY_UNREADABLE_CERT_FILE, 902, "security", EACCES,
	   "make the file readable for the user of the program: chmod 0400 for the file of key (0440 for dmg), 0644 for ca_cert and cert")
FAULT_CODE(SECURITY_INVALID_CERT, 903, "security", EINVAL,
	   "make a certificate with the CA of ca_cert that has not expired; openssl x509 -noout -dates -issuer -in FILE shows both")
FAULT_CODE(CONTROL_METADATA_UNKNOWN, 1000, "controlmetadata", EINVAL,
	   "check that control_metadata.path exists and that the user of daos_server may write there")
FAULT_CODE(CONTROL_METADATA_BAD_FILESYSTEM, 1001, "controlmetadata", EINVAL,
	   "set control_metadata.path to a directory on a local file system mounted without nosuid")
FAULT_CODE(SYSTEM_CHECKER_UNKNOWN, 1100, "unknown", EINVAL,
	   "dmg check query shows the state of the checker")
FAULT_CODE(SYSTEM_CHECKER_INVALID_MEMBER_STATES, 1101, "checker", EINVAL,
	   "stop the system with dmg system stop, or exclude members that cannot be reached, then repeat")
FAULT_CODE(SYSTEM_CHECKER_NOT_ENABLED, 1102, "checker", EBUSY,
	   "enable the checker with dmg check enable")
FAULT_CODE(SYSTEM_CHECKER_ENABLED, 1103, "checker", EBUSY,
	   "disable the checker with dmg check disable")
