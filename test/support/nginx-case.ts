/**
 * The case of the EKS guide to troubleshooting network policies, as objects that kubectl prints: nginx behind a Service,
 * a policy that admits pods with access=true, and two pods of which one has it.
 */

export type KubernetesJson = Readonly<Record<string, unknown>>;

export const ACCESS_NGINX = policy('access-nginx', {
  podSelector: { matchLabels: { app: 'nginx' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { access: 'true' } } }] }],
});

const NGINX = pod('nginx-6d6c5b8f9-x2x7k', '10.0.1.10', { app: 'nginx' }, [{ name: 'http', containerPort: 8080 }]);

export const NGINX_CASE: readonly KubernetesJson[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', labels: {} } },
  NGINX,
  pod('accesstrue', '10.0.2.20', { access: 'true' }),
  pod('accessfalse', '10.0.2.21', { access: 'false' }),
  service('nginx', { clusterIP: '10.100.0.10', ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] }),
  slice('nginx', ['10.0.1.10'], 8080),
  ACCESS_NGINX,
];

export function pod(name: string, address: string | undefined, labels: object, ports: readonly object[] = []) {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels } },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', ports }] },
    ...(address === undefined ? {} : { status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] } }),
  };
}

export function service(name: string, spec: object) {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' } },
    spec: { selector: { app: name }, ...spec },
  };
}

/** @param unready those of the addresses that are not ready */
export function slice(ofService: string, addresses: readonly string[], port: number, unready: readonly string[] = []) {
  const labels = { 'kubernetes.io/service-name': ofService };
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: { name: `${ofService}-abcde`, namespace: 'default', labels },
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: !unready.includes(address) },
    })),
    ports: [{ name: '', port, protocol: 'TCP' }],
  };
}

export function policy(name: string, spec: object, namespace = 'default') {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

/** What the AWS controller resolves `access-nginx` to: its pod, and addresses that are admitted. */
export function nginxEndpoint(admitted: readonly string[]) {
  const [namespace, name] = ['default', 'nginx-6d6c5b8f9-x2x7k'];
  return {
    ...{ apiVersion: 'networking.k8s.aws/v1alpha1', kind: 'PolicyEndpoint' },
    metadata: { name: 'access-nginx-k7v2p', namespace },
    spec: {
      policyRef: { name: 'access-nginx', namespace },
      podIsolation: ['Ingress'],
      podSelectorEndpoints: [{ hostIP: '192.168.0.1', name, namespace, podIP: '10.0.1.10' }],
      ingress: admitted.map((cidr) => ({ cidr })),
    },
  };
}
