/** Exit statuses of the command line. */
export const EXIT = { done: 0, failed: 1, configuration: 2, missingRight: 3 } as const;

export interface ErrorKind {
  /** What happened; `{name}` is filled from the error's details. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly remedy: string;
  readonly exitCode: (typeof EXIT)[keyof typeof EXIT];
}

/**
 * Every error that podflow itself raises. `PodflowError` takes only these codes, and a test checks that each is
 * used, each is documented by a remedy, and no other `throw new Error` stands in the sources.
 */
export const ERROR_CATALOGUE = {
  SETTINGS_INVALID: {
    message: 'The settings have {count} problem(s):\n{problems}',
    remedy: 'Correct them all; `podflow settings` lists every setting with its form.',
    exitCode: EXIT.configuration,
  },
  COMMAND_UNKNOWN: {
    message: 'There is no command "{command}".',
    remedy: 'Known commands: {known}.',
    exitCode: EXIT.configuration,
  },
  CAPTURE_RIGHT_MISSING: {
    message: 'No capture backend may look at {interfaceName}: {reasons}',
    remedy:
      'Grant the container NET_RAW (cap backend) or NET_RAW, BPF and PERFMON (ebpf backend), or run as root in the network namespace.',
    exitCode: EXIT.missingRight,
  },
  CAPTURE_BACKEND_UNAVAILABLE: {
    message: 'Capture backend {backend} cannot run here: {reason}',
    remedy: 'Install what the reason names, or choose another with --backend.',
    exitCode: EXIT.failed,
  },
  KERNEL_DROPS_UNAVAILABLE: {
    message: 'The kernel does not tell podflow what it drops: {reason}',
    remedy:
      'Grant BPF and PERFMON; it takes Linux 5.17 with type information (BTF) and libbpf.so.1. With --kernel-drops auto the rest works without.',
    exitCode: EXIT.missingRight,
  },
  CONNTRACK_UNAVAILABLE: {
    message: 'The conntrack table cannot be read by {source}: {reason}',
    remedy:
      'Grant NET_ADMIN in the network namespace and load nf_conntrack_netlink; for --conntrack command install conntrack.',
    exitCode: EXIT.missingRight,
  },
  INTERFACE_NOT_FOUND: {
    message: 'There is no interface "{interfaceName}" in the network namespace; it has: {present}.',
    remedy: 'Name one of them with --interface.',
    exitCode: EXIT.configuration,
  },
  NAMESPACE_NOT_FOUND: {
    message: 'The network namespace {path} cannot be entered: {reason}',
    remedy: 'Give the path of a namespace, for example /run/netns/NAME or /proc/PID/ns/net, and SYS_ADMIN to enter it.',
    exitCode: EXIT.configuration,
  },
  CAPTURE_FILE_UNREADABLE: {
    message: 'The capture file {path} cannot be read: {reason}',
    remedy: 'Give a pcap or pcapng file of Ethernet, Linux cooked, raw IP or loopback packets.',
    exitCode: EXIT.failed,
  },
  EVIDENCE_LOG_UNREADABLE: {
    message: 'The log {path} cannot be read: {reason}',
    remedy: 'Give a VPC flow log or a log of the AWS network policy agent as text, plain or gzip, or - for stdin.',
    exitCode: EXIT.failed,
  },
  SYSTEM_CALL_FAILED: {
    message: '{call} failed: {errno}',
    remedy: '{hint}',
    exitCode: EXIT.failed,
  },
  ADDRESS_IN_USE: {
    message: 'Cannot listen on {address}: {reason}',
    remedy: 'Choose another port with {flag}, or 0 for any free one.',
    exitCode: EXIT.configuration,
  },
  OUTPUT_FILE_UNWRITABLE: {
    message: 'Cannot write {path}: {reason}',
    remedy: 'Give --output-file a path in a folder that exists and is writable.',
    exitCode: EXIT.configuration,
  },
  DEMO_NETWORK_FAILED: {
    message: 'The demo could not build its network namespaces: {reason}',
    remedy:
      'Run as root on Linux with iproute2 and iptables installed, or without root to replay the recorded capture.',
    exitCode: EXIT.failed,
  },
  OBJECTS_FILE_INVALID: {
    message: 'The Kubernetes objects in {path} cannot be used: {reason}',
    remedy: 'Give a YAML or JSON file as `kubectl get … -o yaml` prints it.',
    exitCode: EXIT.configuration,
  },
  KUBERNETES_CONFIG_INVALID: {
    message: 'The Kubernetes configuration of {source} cannot be used: {reason}',
    remedy:
      'Run in a pod with a service account, or give a kubeconfig (by path, or in KUBECONFIG) whose context names a cluster and a user.',
    exitCode: EXIT.configuration,
  },
  CREDENTIALS_UNREADABLE: {
    message: 'The file {path}, needed to reach Elasticsearch, cannot be read: {reason}',
    remedy: 'Give the path of a file that podflow may read: an API key, a password, or a certificate or key in PEM.',
    exitCode: EXIT.configuration,
  },
  GEO_DATABASE_UNREADABLE: {
    message: 'The GeoIP database {path} cannot be used: {reason}',
    remedy: 'Give the path of a database in MaxMind DB format (.mmdb), unpacked.',
    exitCode: EXIT.configuration,
  },
  ELASTICSEARCH_FAILED: {
    message: 'Elasticsearch was asked {call} and did not do it: {reason}',
    remedy:
      'Check address, credentials and certificate; `setup` needs the cluster privileges monitor and manage_index_templates.',
    exitCode: EXIT.failed,
  },
  SETUP_REFUSED: {
    message: 'Elasticsearch has what this podflow did not make: {objects}.',
    remedy: 'Use the newer podflow that made them, or overwrite them with --force.',
    exitCode: EXIT.failed,
  },
  QUESTION_INVALID: {
    message: 'This cannot be explained: {problem}',
    remedy:
      'Give --from and --to as NAMESPACE/NAME, KIND/NAMESPACE/NAME or an IP address, and the --port that is dialled.',
    exitCode: EXIT.configuration,
  },
  OBJECTS_NOT_LISTED: {
    message: 'The Kubernetes API server did not list {kinds} within {timeoutMs} ms.',
    remedy:
      'Check its address and the rights to list them (the log says what is wrong), or give a dump of objects with --objects.',
    exitCode: EXIT.failed,
  },
  ENRICHMENT_UNREACHABLE: {
    message: 'The enrichment service at {url} does not tell what failed: {reason}',
    remedy: 'Give --api-url the address of the /metrics of a running `podflow enrich` that has its API on.',
    exitCode: EXIT.failed,
  },
  INTERNAL: {
    message: 'This should not have happened: {reason}',
    remedy: 'Please report it with the log around it.',
    exitCode: EXIT.failed,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
